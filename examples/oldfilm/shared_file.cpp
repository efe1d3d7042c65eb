#include "shared_file.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

namespace cli {

namespace fs = std::filesystem;

fs::path shared_file(const std::string& file) {
    const fs::path program = fs::read_symlink("/proc/self/exe");
    fs::path path = (program.parent_path() / OLDFILM_CLI_SHARE / file).lexically_normal();
    if (!fs::exists(path)) {
        throw oldfilm::Error(
            oldfilm::Errc::not_found,
            fmt::format("{} must be there, and it is not; install oldfilm again", path.string()));
    }
    return path;
}

} // namespace cli
