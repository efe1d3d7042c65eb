#pragma once
/// \file
/// A film from file to file. Exported, not installed.

#include "pipeline/run_spec.hpp"

#include <oldfilm/export.hpp>
#include <oldfilm/restore.hpp>

#include <string>

namespace oldfilm::job {

/// As `oldfilm::restore`. `observer` (may be null) sees each frame where masks are complete, from
/// any thread, one at a time; with several devices not in the film's order.
OLDFILM_API RestoreResult restore(const std::string& input, const std::string& output,
                                  const Pipeline& pipeline, const RestoreOptions& options,
                                  pipeline::FrameObserver* observer);

} // namespace oldfilm::job
