#pragma once
/// \file
/// Files that are installed with the program.

#include <filesystem>
#include <string>

namespace cli {

/// A file or folder of share/oldfilm, found relative to the program. Throws `oldfilm::Error`
/// (not_found).
std::filesystem::path shared_file(const std::string& file);

} // namespace cli
