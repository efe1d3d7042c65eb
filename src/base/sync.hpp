#pragma once
/// \file
/// Data and names on the disk.

#include <oldfilm/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>

namespace oldfilm::base {

/// Throws `Error` (io) with what `errno` says. `doing`: a verb.
[[noreturn]] inline void failed(const char* doing, const std::filesystem::path& path) {
    const std::string why = std::strerror(errno);
    throw Error(Errc::io, std::string("cannot ") + doing + " " + path.string() + ": " + why +
                              "; make room, or see to the disk, and run it again to resume");
}

/// What the open file, or the open folder's list of names, holds is on the disk when this returns.
/// Throws `Error` (io); file systems that can't be asked (EINVAL) are none.
inline void sync(int file, const std::filesystem::path& path) {
    if (fsync(file) != 0 && errno != EINVAL && errno != ENOTSUP) {
        failed("write", path);
    }
}

/// The same for a file or folder by its name.
inline void sync(const std::filesystem::path& path) {
    int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        failed("write", path);
    }
    try {
        sync(file, path);
    } catch (...) {
        close(file);
        throw;
    }
    if (close(std::exchange(file, -1)) != 0 && errno != EINTR) {
        failed("write", path);
    }
}

} // namespace oldfilm::base
