#pragma once
/// \file
/// Small files that commands write.

#include <filesystem>
#include <string>

namespace cli {

/// Replaces the file. Throws `oldfilm::Error` (io).
void write_file(const std::filesystem::path& path, const std::string& content);

} // namespace cli
