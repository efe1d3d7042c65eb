#include "file_kind.hpp"

#include <filesystem>
#include <fstream>
#include <system_error>

namespace cli {

bool is_pipe(const std::string& path) {
    std::error_code unknown;
    return path == "-" || std::filesystem::is_fifo(path, unknown);
}

bool begins_with(const std::string& path, std::string_view magic) {
    if (is_pipe(path)) {
        return false;
    }
    std::string start(magic.size(), '\0');
    std::ifstream file(path, std::ios::binary);
    file.read(start.data(), static_cast<std::streamsize>(start.size()));
    return file && start == magic;
}

} // namespace cli
