#pragma once
/// \file
/// The first frames of a film, restored to learn what only a run shows.

#include "job/job.hpp"

#include <oldfilm/pipeline.hpp>

#include <vector>

namespace oldfilm::cluster {

struct Trial {
    Rational film_base, mask_base;     ///< time bases of the films' first frames
    std::vector<double> stage_seconds; ///< of each stage, for a frame of the input
};

/// Restores the first frames of the job's film. What fails in every frame fails here. Throws
/// `Error` as `Run::next` does.
[[nodiscard]] Trial try_first_frames(job::Job& job, const Plan& plan);

} // namespace oldfilm::cluster
