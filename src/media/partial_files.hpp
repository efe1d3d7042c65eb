#pragma once
/// \file
/// Files that grow under another name, next to their own.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace oldfilm::media {

/// Where the output `path` grows until it is complete: next to it, so that the rename stays on one
/// file system.
std::filesystem::path partial_path(const std::filesystem::path& path);
/// Whether a file's name is such a one.
bool is_partial(const std::filesystem::path& path);
/// Removes a partial file unless somebody is writing it.
bool remove_partial(const std::filesystem::path& path);

/// The files of one output, which have their names only after `publish`; without that, they are
/// removed. One thread at a time.
class PartialFiles {
  public:
    explicit PartialFiles(bool overwrite) : overwrite_(overwrite) {}
    ~PartialFiles();
    PartialFiles(const PartialFiles&) = delete;
    PartialFiles& operator=(const PartialFiles&) = delete;

    /// Throws `Error` (invalid_argument) if the file exists and must not be overwritten.
    void check(const std::filesystem::path& final_name) const;
    /// Adds a file; where it grows.
    const std::filesystem::path& add(const std::filesystem::path& final_name);
    /// The same, held against other runs that want to write it. Throws `Error` (io).
    const std::filesystem::path& add_locked(const std::filesystem::path& final_name);
    [[nodiscard]] std::size_t count() const { return files_.size(); }
    /// Syncs all files, and gives them their names; `before` is called with the first one that is
    /// about to get one. Where a file of a name appeared meanwhile, and must not be overwritten,
    /// throws `Error` (io) and leaves the partial file.
    void publish(const std::function<void(const std::filesystem::path&)>& before);

  private:
    void give_name(const std::filesystem::path& partial, const std::filesystem::path& final_name);

    bool overwrite_;
    int lock_ = -1; ///< on the first file, while it grows
    std::vector<std::pair<std::filesystem::path, std::filesystem::path>>
        files_; ///< partial and final names
};

} // namespace oldfilm::media
