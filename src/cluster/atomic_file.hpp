#pragma once
/// \file
/// Small files in a folder that many machines share.

#include <filesystem>
#include <optional>
#include <string>

namespace oldfilm::cluster {

/// A name that no other worker uses, for a file or folder that is renamed when it is complete.
[[nodiscard]] std::string unique_name();

/// Writes `text` under another name, syncs it, and renames it to `path`: others see nothing or all
/// of it. Throws `Error` (io).
void write_file(const std::filesystem::path& path, const std::string& text);

/// Creates `path` with `text` unless it exists (O_EXCL, which NFS 3 and later keep). False: it
/// does. Throws `Error` (io).
[[nodiscard]] bool create_file(const std::filesystem::path& path, const std::string& text);

/// The content of a file; nothing if it is not there. Throws `Error` (io).
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path);

/// Creates a folder and those above. Throws `Error` (io).
void make_folder(const std::filesystem::path& path);

} // namespace oldfilm::cluster
