#pragma once
/// \file
/// Data and names on the disk.

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

namespace oldfilm::base {

/// What a file, or a folder's list of names, holds is on the disk when this returns, as far as the
/// file system tells.
inline void sync(const std::filesystem::path& path) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file >= 0) {
        fsync(file);
        close(file);
    }
}

} // namespace oldfilm::base
