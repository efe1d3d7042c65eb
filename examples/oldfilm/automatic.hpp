#pragma once
/// \file
/// What the program decides by the film's facts, where the command line leaves it open.

#include "arguments.hpp"

#include <string>
#include <vector>

namespace cli {

struct Decisions {
    bool colorize = true;           ///< false: a preset's stage colorize is left out
    std::vector<std::string> notes; ///< what was decided against the usual, and why
};

/// Looks at the film as far as `arguments` ask for it. A film that can't be read is decided nothing
/// of; reading it says why.
Decisions decide(const RestoreArguments& arguments);

} // namespace cli
