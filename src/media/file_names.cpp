#include "media/file_names.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace oldfilm::media {

namespace fs = std::filesystem;

int lock_file(const fs::path& path, bool create, unsigned mode) {
    while (true) {
        const int file =
            open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | (create ? O_CREAT : 0), mode);
        if (file < 0) {
            return -2;
        }
        if (flock(file, LOCK_EX | LOCK_NB) != 0) {
            close(file);
            return -1;
        }
        struct stat held {};
        struct stat named {};
        if (fstat(file, &held) == 0 && lstat(path.c_str(), &named) == 0 &&
            held.st_ino == named.st_ino && held.st_dev == named.st_dev) {
            return file;
        }
        close(file); // its holder removed it, or gave it another name, before it let it go
    }
}

int give_name(const fs::path& from, const fs::path& to, bool replace) {
    if (replace) {
        return std::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
    }
    if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    // A file system that doesn't know it may know a second name, which replaces nothing either.
    if (link(from.c_str(), to.c_str()) == 0) {
        return unlink(from.c_str()) == 0 ? 0 : errno;
    }
    if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK) {
        return errno;
    }
    std::error_code unknown;
    if (fs::exists(fs::symlink_status(to, unknown))) {
        return EEXIST;
    }
    return std::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

} // namespace oldfilm::media
