#pragma once
/// \file
/// Restoration in segments, each stored until all are there.

#include "job/checkpoint.hpp"
#include "job/job.hpp"

namespace oldfilm::job {

/// Restores what `checkpoint`, that of the job's output, lacks, on all devices, and publishes.
RestoreResult restore_segmented(Job& job, const Pipeline& pipeline, Checkpoint& checkpoint);

/// All segments are in `checkpoint`: what is to be said of them, and the files.
RestoreResult publish(Job& job, Checkpoint& checkpoint, const OutputFilms& films,
                      ProgressMeter& meter, const nlohmann::json& identity);

} // namespace oldfilm::job
