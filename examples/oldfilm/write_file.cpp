#include "write_file.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <fstream>
#include <system_error>

namespace cli {

void write_file(const std::filesystem::path& path, const std::string& content) {
    if (!(std::ofstream(path, std::ios::binary) << content << std::flush)) {
        throw oldfilm::Error(oldfilm::Errc::io,
                             fmt::format("{} can't be written; check the path", path.string()));
    }
}

void make_folder(const std::filesystem::path& folder) {
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed || !std::filesystem::is_directory(folder)) {
        throw oldfilm::Error(oldfilm::Errc::io,
                             fmt::format("the folder {} cannot be made ({}); name one that can",
                                         folder.string(),
                                         failed ? failed.message() : "a file is there"));
    }
}

} // namespace cli
