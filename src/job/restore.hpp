#pragma once
/// \file
/// A film from file to file. Exported, not installed.

#include "job/segment_observer.hpp"
#include "pipeline/run_spec.hpp"

#include <oldfilm/export.hpp>
#include <oldfilm/restore.hpp>

#include <string>

namespace oldfilm::job {

/// As `oldfilm::restore`. `observer` (may be null) sees each frame where masks are complete, from
/// any thread, one at a time; with several devices not in the film's order. After an interruption,
/// it also sees some frames again that are complete. `completed` (may be null) is called with
/// frames before they are recorded as complete; of a job that is not in segments, every few frames.
/// Where a folder `store` is named, the segments of a complete rendering are stored there, and the
/// next one adopts those that it would make the same; `RestoreResult::resumed` counts their frames.
OLDFILM_API RestoreResult restore(const std::string& input, const std::string& output,
                                  const Pipeline& pipeline, const RestoreOptions& options,
                                  pipeline::FrameObserver* observer,
                                  SegmentObserver* completed = nullptr,
                                  const std::string& store = "");

} // namespace oldfilm::job
