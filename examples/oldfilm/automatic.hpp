#pragma once
/// \file
/// What the program decides by the film's facts, where the command line leaves it open.

#include "arguments.hpp"

#include <oldfilm/media.hpp>
#include <oldfilm/pipeline.hpp>

#include <optional>
#include <string>
#include <vector>

namespace cli {

struct Decisions {
    bool colorize = true;     ///< false: a preset's stage colorize is left out
    bool remove_tint = false; ///< stages see a tinted film as monochrome
    bool give_tint_back = false;
    std::optional<double> grain;            ///< part of the film's own that is added at the end
    std::optional<oldfilm::FrameArea> crop; ///< part of each frame that is restored
    bool clean_cards = false;               ///< title-card joins a preset
    std::vector<std::string> notes;         ///< what was decided against the usual, and why
};

/// Analyzes the film if something is left open. `pipeline`: the one that `arguments` choose.
Decisions decide(const RestoreArguments& arguments, const oldfilm::Pipeline& pipeline);

/// Changes the stages of `pipeline` as decided.
void apply(const Decisions& decisions, oldfilm::Pipeline& pipeline);

/// The stages that a job may switch off, or set otherwise, in single shots.
std::vector<std::string> decided_by_shot(const RestoreArguments& arguments);

} // namespace cli
