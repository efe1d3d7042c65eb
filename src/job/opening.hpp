#pragma once
/// \file
/// A job before its work begins.

#include "job/job.hpp"

#include <oldfilm/restore.hpp>

#include <memory>

namespace oldfilm::job {

/// The job; where `options`, those of `request`, ask for it, and the film is combed, with them
/// changed so that it is deinterlaced.
[[nodiscard]] std::unique_ptr<Job> open_job(const Job::Request& request, RestoreOptions& options,
                                            int tile, bool has_stages);
/// That what goes along with the film has a place in the output, before models are opened.
void check_streams(Job& job);
/// Whether the film can be restored in segments, which is resumable.
[[nodiscard]] bool can_be_segmented(Job& job);

} // namespace oldfilm::job
