#include "slurm.hpp"

#include "write_file.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <vector>

namespace cli {
namespace {

namespace fs = std::filesystem;
using oldfilm::Errc;
using oldfilm::Error;

/// A word as a shell reads it.
std::string quoted(const std::string& word) {
    std::string text = "'";
    for (const char c : word) {
        text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return text + "'";
}

/// Slurm replaces what follows a % in the names of logs.
std::string log_name(const fs::path& folder, const std::string& name) {
    std::string text;
    for (const char c : folder.string()) {
        text += c == '%' ? std::string("%%") : std::string(1, c);
    }
    return text + "/" + name;
}

/// What sbatch prints; its errors go where ours go.
std::string output_of(const std::vector<std::string>& words) {
    std::string line;
    for (const std::string& word : words) {
        line += quoted(word) + " ";
    }
    std::FILE* const pipe = popen(line.c_str(), "r");
    std::string text;
    std::array<char, 256> buffer{};
    while (pipe != nullptr && std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) {
        text += buffer.data();
    }
    const int status = pipe != nullptr ? pclose(pipe) : -1;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        throw Error(Errc::unsupported, "sbatch must be installed where jobs are submitted (Debian: "
                                       "slurm-client), and was not found");
    }
    if (status != 0) {
        throw Error(Errc::io, "sbatch refused the job, see above; give it other options after --");
    }
    return text.substr(0, text.find_first_of(";\n")); // "ID;CLUSTER" with several clusters
}

constexpr const char* shebang = "#!/bin/bash\n";

/// A task is a worker that takes items until all are done, since it reads the film only once. One
/// that fails, or is killed, is queued again, on whatever machine. Wrong usage is wrong again.
std::string work_script(const std::string& program, const std::string& folder, int attempts) {
    return fmt::format(R"(echo "node $SLURMD_NODENAME"
{} work {} --claim
status=$?
if ((status != 0 && status != 2 && ${{SLURM_RESTART_COUNT:-0}} + 1 < {})); then
    scontrol requeue "${{SLURM_ARRAY_JOB_ID}}_${{SLURM_ARRAY_TASK_ID}}" && sleep 60
fi
exit $status
)",
                       quoted(program), quoted(folder), attempts);
}

std::vector<std::string> sbatch(const ClusterArguments& arguments,
                                const std::vector<std::string>& own, const fs::path& script) {
    std::vector<std::string> words{"sbatch", "--parsable", "--open-mode=append"};
    words.insert(words.end(), own.begin(), own.end());
    words.insert(words.end(), arguments.sbatch.begin(), arguments.sbatch.end());
    words.push_back(script.string());
    return words;
}

} // namespace

SlurmJobs submit_to_slurm(const oldfilm::ClusterJob& job, const ClusterArguments& arguments) {
    const std::string program = fs::read_symlink("/proc/self/exe").string();
    const fs::path folder = fs::path(job.folder()) / "slurm";
    fs::create_directories(folder);
    const fs::path work = folder / "work.sh";
    const fs::path finish = folder / "finish.sh";
    write_file(work, shebang + work_script(program, job.folder(), arguments.attempts));
    write_file(finish, shebang + fmt::format("exec {} finish {} {}{}\n", quoted(program),
                                             quoted(job.folder()),
                                             quoted(fs::absolute(arguments.output).string()),
                                             arguments.overwrite ? " --overwrite" : ""));
    SlurmJobs jobs;
    std::vector<std::string> after{"--job-name=oldfilm-finish",
                                   "--output=" + log_name(folder, "finish-%j.log")};
    const auto open = static_cast<int>(job.status().open.size());
    const int workers = arguments.workers > 0 ? std::min(arguments.workers, open) : open;
    if (workers > 0) {
        jobs.work =
            output_of(sbatch(arguments,
                             {"--job-name=oldfilm-work", fmt::format("--array=0-{}", workers - 1),
                              "--requeue", fmt::format("--cpus-per-task={}", job.threads()),
                              "--output=" + log_name(folder, "work-%A_%a.log")},
                             work));
        after.push_back("--dependency=afterany:" + jobs.work);
    }
    jobs.finish = output_of(sbatch(arguments, after, finish));
    return jobs;
}

} // namespace cli
