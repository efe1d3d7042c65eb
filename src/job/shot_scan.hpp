#pragma once
/// \file
/// Finding the shots of a film without restoring it.

#include "job/segmentation.hpp"
#include "job/source.hpp"
#include "pipeline/run_spec.hpp"

#include <oldfilm/frame.hpp>
#include <oldfilm/pipeline.hpp>

#include <functional>
#include <optional>

namespace oldfilm::job {

/// Finds shots as a run of the whole film does: it is one, without stages, on this thread and with
/// one of LibTorch's. Of `options`, those of the plan, `shots` and `profile` count. `known`: a
/// resume point whose shots are not found again. `see` receives each frame of `source`, which says
/// its shot; false ends the scan.
void scan_shots(Source& source, const StreamFormat& format, const PipelineOptions& options,
                const pipeline::ResumePoint& known,
                const std::function<bool(const FrameInfo&)>& see);

/// Frame `frame` of a film that was scanned, from another reader, which is at or before it, with
/// its shot. Throws `Error` (internal) if it is another frame now.
Frame read_again(Source& source, const Segmentation& scanned, std::int64_t frame);

} // namespace oldfilm::job
