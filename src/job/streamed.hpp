#pragma once
/// \file
/// Restoration straight into the output, for pipes and other outputs that can't be resumed.

#include "job/job.hpp"

namespace oldfilm::job {

/// The film as it is, without loss unless another codec is named.
RestoreResult copy(Job& job);

/// By the first device.
RestoreResult restore_streamed(Job& job, const Pipeline& pipeline);

} // namespace oldfilm::job
