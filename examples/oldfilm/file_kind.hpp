#pragma once
/// \file
/// What kind of file a path names, as far as that needs no library.

#include <string>
#include <string_view>

namespace cli {

/// Standard input ("-") or another pipe, which can be read once only.
bool is_pipe(const std::string& path);
/// Whether the file begins with these bytes. False for pipes, which are not read.
bool begins_with(const std::string& path, std::string_view magic);

} // namespace cli
