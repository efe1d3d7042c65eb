#pragma once
/// \file
/// Small files of a project.

#include <filesystem>
#include <optional>
#include <string>

namespace oldfilm::project {

/// The content of a file; empty if it cannot be read.
std::optional<std::string> read_text(const std::filesystem::path& path);
/// Writes a temporary file that is synced and renamed. Throws `Error` (io).
void write_text(const std::filesystem::path& path, const std::string& text);

} // namespace oldfilm::project
