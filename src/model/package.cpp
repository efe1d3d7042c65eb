#include "model/package.hpp"

#include <oldfilm/error.hpp>

#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace oldfilm {
namespace {

constexpr const char* manifest_name = "oldfilm.json";

[[noreturn]] void unreadable(const std::string& path, const std::string& found,
                             const std::string& next) {
    throw Error(
        Errc::unreadable,
        fmt::format("expected a model package (TorchScript with oldfilm.json inside) in '{}', "
                    "found {}; {}",
                    path, found, next));
}

/// Told apart here, because a zip reader's own message says only that the archive is invalid.
void check_archive(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::exists(status)) {
        throw Error(
            Errc::not_found,
            fmt::format("expected a model package at '{}', and there is no such file; check the "
                        "path, or leave it out to use the stage's own model",
                        path));
    }
    if (std::filesystem::is_directory(status)) {
        unreadable(path, "a folder", "name the .pt file itself");
    }
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) {
        unreadable(path, "a file that may not be read", "check its permissions");
    }
    const auto size = static_cast<std::int64_t>(file.tellg());
    if (size == 0) {
        unreadable(path, "an empty file", "copy or download it again");
    }
    std::string head(static_cast<std::size_t>(std::min<std::int64_t>(size, 4)), '\0');
    file.seekg(0);
    file.read(head.data(), static_cast<std::streamsize>(head.size()));
    if (head != std::string_view("PK\x03\x04")) {
        unreadable(path, "a file of another kind (not a zip archive)",
                   "turn a checkpoint into a package with the importer");
    }
    // A zip archive's directory is at its end, after which at most a comment of 64 KiB follows.
    constexpr std::int64_t longest_tail = 22 + 65535;
    std::string tail(static_cast<std::size_t>(std::min(size, longest_tail)), '\0');
    file.seekg(size - static_cast<std::int64_t>(tail.size()));
    file.read(tail.data(), static_cast<std::streamsize>(tail.size()));
    if (tail.find(std::string_view("PK\x05\x06")) == std::string::npos) {
        unreadable(
            path,
            fmt::format("a file that is cut short (its directory is missing after {} bytes)", size),
            "copy or download it again");
    }
}

} // namespace

std::string read_manifest_text(const std::string& path) {
    return read_package_file(path, manifest_name);
}

std::string read_package_file(const std::string& path, const std::string& name) {
    check_archive(path);
    try {
        caffe2::serialize::PyTorchStreamReader reader(path);
        if (!reader.hasRecord("constants.pkl")) {
            unreadable(path, "an archive without TorchScript code (weights alone, perhaps)",
                       "turn a checkpoint into a package with the importer");
        }
        if (!reader.hasRecord("extra/" + name)) {
            unreadable(
                path, fmt::format("TorchScript without {}", name),
                fmt::format("add it with torch.jit.save(..., _extra_files={{'{}': ...}})", name));
        }
        const auto [data, size] = reader.getRecord("extra/" + name);
        return {static_cast<const char*>(data.get()), size};
    } catch (const Error&) {
        throw;
    } catch (const std::exception&) {
        unreadable(path, "a damaged archive", "copy or download it again");
    }
}

} // namespace oldfilm
