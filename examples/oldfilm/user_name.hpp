#pragma once
/// \file
/// Who uses the program.

#include <string>

namespace cli {

/// The name of the user who runs this process, or "user N".
std::string user_name();

} // namespace cli
