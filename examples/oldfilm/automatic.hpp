#pragma once
/// \file
/// What the program decides by the film's facts, where the command line leaves it open.

#include "arguments.hpp"

#include <oldfilm/pipeline.hpp>

#include <string>
#include <vector>

namespace cli {

struct Decisions {
    bool colorize = true;           ///< false: a preset's stage colorize is left out
    std::vector<std::string> notes; ///< what was decided against the usual, and why
};

/// Analyzes the film if something is left open. `pipeline`: the one that `arguments` choose.
Decisions decide(const RestoreArguments& arguments, const oldfilm::Pipeline& pipeline);

} // namespace cli
