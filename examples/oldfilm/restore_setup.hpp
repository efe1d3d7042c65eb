#pragma once
/// \file
/// What the commands that restore have in common.

#include "arguments.hpp"
#include "automatic.hpp"
#include "progress_view.hpp"
#include "settle_process.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/restore.hpp>

#include <functional>

namespace cli {

/// `view` receives progress and messages; it outlives what they are used for.
oldfilm::RestoreOptions restore_options(const RestoreArguments& arguments, ProgressView& view);

/// The pipeline that is asked for, with what was decided for this film, which `decisions` says.
oldfilm::Pipeline decided_pipeline(const RestoreArguments& arguments, Decisions& decisions);

/// As `guarded` of exit_status.hpp, with errors in the style of `view`.
int guarded(ProgressView& view, int (*status)(const oldfilm::Error&),
            const std::function<int()>& work);

} // namespace cli
