#include "media/partial_files.hpp"

#include "base/sync.hpp"
#include "media/file_names.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace oldfilm::media {

namespace fs = std::filesystem;

fs::path partial_path(const fs::path& path) {
    return path.parent_path() /
           fmt::format(".{}.partial{}", path.stem().string(), path.extension().string());
}

bool is_partial(const fs::path& path) {
    const std::string name = path.filename().string();
    return name.starts_with('.') && path.stem().extension() == ".partial" &&
           fs::is_regular_file(path);
}

bool remove_partial(const fs::path& path) {
    const int file = lock_file(path, /*create=*/false, 0);
    if (file < 0) {
        return false;
    }
    fs::remove(path);
    close(file);
    return true;
}

PartialFiles::~PartialFiles() {
    std::error_code ignored;
    for (const auto& [partial, final_name] : files_) {
        fs::remove(partial, ignored);
    }
    if (lock_ >= 0) { // last: another run that waits for it must find nothing of ours
        close(lock_);
    }
}

void PartialFiles::check(const fs::path& final_name) const {
    if (fs::exists(final_name) && !overwrite_) {
        throw Error(Errc::invalid_argument,
                    fmt::format("{} exists; choose another name, or allow it to be overwritten",
                                final_name.string()));
    }
}

const fs::path& PartialFiles::add(const fs::path& final_name) {
    return files_.emplace_back(partial_path(final_name), final_name).first;
}

/// Two that write one file would ruin it; held as long as this lives.
const fs::path& PartialFiles::add_locked(const fs::path& final_name) {
    const fs::path partial = partial_path(final_name);
    const int lock = lock_file(partial, /*create=*/true, 0666);
    if (lock == -1) {
        throw Error(Errc::io,
                    fmt::format("{} must be written by one run at a time, and another one is at "
                                "work on it; wait for that, or name another output",
                                final_name.string()));
    }
    if (lock < 0) {
        throw Error(Errc::io, fmt::format("cannot write {}: {}: {}", final_name.string(),
                                          partial.string(), std::strerror(errno)));
    }
    lock_ = lock;
    return add(final_name);
}

void PartialFiles::give_name(const fs::path& partial, const fs::path& final_name) {
    const int failed = media::give_name(partial, final_name, overwrite_);
    if (failed == EEXIST && lock_ >= 0) {
        const Error error(Errc::io,
                          fmt::format("{} must not exist, and appeared while the film was written; "
                                      "it was left alone, and the result is in {}: rename that",
                                      final_name.string(), partial.string()));
        files_.clear(); // hours of work, perhaps: it stays
        throw error;
    }
    if (failed != 0) {
        throw Error(Errc::io, fmt::format("cannot give {} its name: {}", final_name.string(),
                                          std::strerror(failed)));
    }
}

void PartialFiles::publish(const std::function<void(const fs::path&)>& before) {
    for (const auto& [partial, final_name] : files_) {
        base::sync(partial);
    }
    if (before && !files_.empty()) {
        before(files_.front().first);
    }
    for (const auto& [partial, final_name] : files_) {
        give_name(partial, final_name);
    }
    if (!files_.empty()) {
        base::sync(fs::absolute(files_.front().second).parent_path());
    }
    files_.clear(); // they are no partial ones now
}

} // namespace oldfilm::media
