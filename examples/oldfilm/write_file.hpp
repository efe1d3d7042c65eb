#pragma once
/// \file
/// Small files that commands write, and folders for them.

#include <filesystem>
#include <string>

namespace cli {

/// Replaces the file. Throws `oldfilm::Error` (io).
void write_file(const std::filesystem::path& path, const std::string& content);
/// Makes the folder, and those above it. Throws `oldfilm::Error` (io).
void make_folder(const std::filesystem::path& folder);

} // namespace cli
