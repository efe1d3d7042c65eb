#include "write_file.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <fstream>

namespace cli {

void write_file(const std::filesystem::path& path, const std::string& content) {
    if (!(std::ofstream(path, std::ios::binary) << content << std::flush)) {
        throw oldfilm::Error(oldfilm::Errc::io,
                             fmt::format("{} can't be written; check the path", path.string()));
    }
}

} // namespace cli
