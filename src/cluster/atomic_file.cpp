#include "cluster/atomic_file.hpp"

#include "base/sync.hpp"
#include "cluster/machine.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

namespace oldfilm::cluster {
namespace {

namespace fs = std::filesystem;

/// Writes and syncs `text`; the file is closed in any case.
void fill(int file, const fs::path& path, std::string_view text) {
    try {
        while (!text.empty()) {
            const ssize_t written = write(file, text.data(), text.size());
            if (written < 0 && errno == EINTR) {
                continue;
            }
            if (written <= 0) {
                base::failed("write", path);
            }
            text.remove_prefix(static_cast<std::size_t>(written));
        }
        base::sync(file, path);
    } catch (...) {
        close(file);
        throw;
    }
    if (close(file) != 0 && errno != EINTR) { // NFS reports a full disk here
        base::failed("write", path);
    }
}

} // namespace

std::string unique_name() {
    static std::atomic<unsigned> number = 0;
    const Owner self = this_process();
    return fmt::format("{}-{}-{}", self.host, self.pid, ++number);
}

void write_file(const fs::path& path, const std::string& text) {
    const fs::path partial = path.parent_path() / ("." + unique_name());
    const int file = open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0) {
        base::failed("make", partial);
    }
    std::error_code ignored;
    try {
        fill(file, partial, text);
        if (std::rename(partial.c_str(), path.c_str()) != 0) {
            base::failed("make", path);
        }
    } catch (...) {
        fs::remove(partial, ignored);
        throw;
    }
    base::sync(path.parent_path());
}

bool create_file(const fs::path& path, const std::string& text) {
    const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0 && errno == EEXIST) {
        return false;
    }
    if (file < 0) {
        base::failed("make", path);
    }
    fill(file, path, text);
    return true;
}

std::optional<std::string> read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        if (errno == ENOENT) {
            return std::nullopt;
        }
        base::failed("read", path);
    }
    return std::string{std::istreambuf_iterator<char>(file), {}};
}

void make_folder(const fs::path& path) {
    std::error_code failed;
    fs::create_directories(path, failed);
    if (failed) {
        errno = failed.value();
        base::failed("make", path);
    }
}

} // namespace oldfilm::cluster
