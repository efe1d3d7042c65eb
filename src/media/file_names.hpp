#pragma once
/// \file
/// Names of files that other processes may want, too.

#include <filesystem>

namespace oldfilm::media {

/// Opens the file, which is made where `create` (with the permissions `mode`), and locks it. -1
/// where another process holds it, -2 where it can't be opened (`errno` says why; never through a
/// symbolic link). Name and lock are of one file: a holder that removes or renames its file before
/// it closes it leaves nothing to those that waited.
[[nodiscard]] int lock_file(const std::filesystem::path& path, bool create, unsigned mode);

/// Renames a file. Where `replace` is not set and `to` exists, nothing is done, even if it appeared
/// this moment. 0, or an `errno` (EEXIST: there is one).
[[nodiscard]] int give_name(const std::filesystem::path& from, const std::filesystem::path& to,
                            bool replace);

} // namespace oldfilm::media
