#include "run_program.hpp"

#include <sys/wait.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace oldfilm::test {

namespace fs = std::filesystem;

std::string content(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

Scratch::Scratch() {
    std::string name = (fs::temp_directory_path() / "oldfilm-cli-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("no temporary folder");
    }
    path_ = name;
}

Scratch::~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

Outcome run(const std::string& line, const fs::path& folder) {
    const Scratch side;
    const std::string script = (side.path() / "script").string();
    std::ofstream(script) << "cd '" << folder.string() << "'\n" << line << "\n";
    const auto start = std::chrono::steady_clock::now();
    const int raw =
        std::system(("timeout -k 1 120 sh " + script + " >" + (side.path() / "out").string() +
                     " 2>" + (side.path() / "error").string() + " </dev/null")
                        .c_str());
    Outcome outcome;
    outcome.seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    outcome.status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
    outcome.out = content(side.path() / "out");
    outcome.error = content(side.path() / "error");
    return outcome;
}

Outcome oldfilm(const std::string& arguments, const fs::path& folder) {
    return run(OLDFILM_BINARY_DIR "/bin/oldfilm " + arguments, folder);
}

void ffmpeg(const std::string& arguments, const fs::path& folder) {
    const Outcome made = run("ffmpeg -v error -y " + arguments, folder);
    if (made.status != 0) {
        throw std::runtime_error("ffmpeg " + arguments + ": " + made.error);
    }
}

std::string probe(const std::string& file, const std::string& entries, const fs::path& folder) {
    std::string answer =
        run("ffprobe -v error -count_frames -select_streams v -show_entries stream=" + entries +
                " -of csv=p=0 " + file,
            folder)
            .out;
    while (!answer.empty() && (answer.back() == '\n' || answer.back() == ',')) {
        answer.pop_back();
    }
    return answer;
}

std::string checksums(const std::string& file, const fs::path& folder) {
    return run("ffmpeg -v error -i " + file +
                   " -map 0:v -fps_mode passthrough -f framemd5 - | grep -v '^#'",
               folder)
        .out;
}

} // namespace oldfilm::test
