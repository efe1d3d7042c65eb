// A list of shots: numbers, an edit decision list, OpenTimelineIO.
#include "fuzz.hpp"

#include <oldfilm/shots.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

void oldfilm::fuzz::parse(const std::string& text) {
    const std::filesystem::path file =
        std::filesystem::temp_directory_path() / fmt::format("oldfilm-fuzz-shots-{}", getpid());
    std::ofstream(file, std::ios::binary) << text;
    struct Remover {
        const std::filesystem::path& file;
        ~Remover() { std::filesystem::remove(file); }
    } const remover{file};
    for (const std::int64_t frame : read_shot_list(file.string(), Rational(24))) {
        if (frame < 0) {
            std::abort();
        }
    }
}
