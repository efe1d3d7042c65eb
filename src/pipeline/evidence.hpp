#pragma once
/// \file
/// Where the samples of what stages make come from, put together over the stages.

#include "stage/stage.hpp"

#include <oldfilm/frame.hpp>

namespace oldfilm::pipeline {

/// `after` with its evidence: what a stage, which made `made` of `before`, says of the samples that
/// differ, and what earlier stages said. Where the stage changed the size, all samples count as
/// different.
[[nodiscard]] Frame with_evidence(const Frame& before, const Frame& after, const stage::Made& made);
/// The same for a frame between `a` and `b`: all of its samples are new.
[[nodiscard]] Frame with_evidence(const Frame& a, const Frame& b, const Frame& between,
                                  const stage::Made& made);

} // namespace oldfilm::pipeline
