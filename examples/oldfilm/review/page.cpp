// The page's own files, which are installed with the program.
#include "../shared_file.hpp"
#include "session.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace cli::review {
namespace {

namespace fs = std::filesystem;

constexpr std::array types{
    std::pair{".html", "text/html; charset=utf-8"}, std::pair{".css", "text/css; charset=utf-8"},
    std::pair{".js", "text/javascript; charset=utf-8"}, std::pair{".svg", "image/svg+xml"}};

std::string type_of(const fs::path& file) {
    for (const auto& [extension, type] : types) {
        if (file.extension() == extension) {
            return type;
        }
    }
    return "";
}

Response file_as(const std::string& type, const fs::path& path) {
    return {.type = type, .body = content_of(path), .headers = {{"Cache-Control", "no-cache"}}};
}

} // namespace

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void add_page(Server& server) {
    for (const auto& entry : fs::directory_iterator(shared_file("review"))) {
        const std::string type = type_of(entry.path());
        if (type.empty()) {
            continue;
        }
        const std::string name = entry.path().filename().string();
        server.get(name == "index.html" ? "/" : "/" + name,
                   [type, path = entry.path()](const Request&) { return file_as(type, path); });
    }
}

} // namespace cli::review
