#pragma once
/// \file
/// A pipeline's stages at work in one run.

#include "pipeline/spec.hpp"
#include "stage/stage.hpp"

#include <memory>
#include <vector>

namespace oldfilm {

/// Stages, created and configured, and what they share.
struct StageChain {
    stage::Shared shared;
    std::vector<std::unique_ptr<stage::Stage>> stages;

    /// Creates and configures `checked` for frames of `input`, on the calling thread. `shared` is
    /// filled in before. Throws `Error` as the stages do.
    void make_stages(const std::vector<CheckedStage>& checked, const StreamFormat& input);
};

} // namespace oldfilm
