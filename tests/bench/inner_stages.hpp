#pragma once
/// \file
/// Stages of the benchmark itself, which look at what passes between the others.

#include <oldfilm/pipeline.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace bench {

/// Hands each frame on as it is, and keeps its picture in `seen`, which must live longer than the
/// run.
oldfilm::StageSpec witness(std::vector<at::Tensor>& seen);

/// Which pairs of frames a stage asks optical flow for.
enum class FlowPairs : std::uint8_t {
    to_neighbors, ///< from each frame to two on either side, as scratch-removal does
    both_ways,    ///< between each frame and the next, there and back, as colorize does
    fine,         ///< the same, searched on to the full size, as interpolate does
};
/// Asks the host for optical flow between frames as a restoring stage does, and does nothing with
/// it.
oldfilm::StageSpec flow_alone(FlowPairs pairs);

/// Places where a picture passed from one hand to the next, and where it was another memory there.
struct HandOvers {
    std::int64_t passed = 0, copied = 0;
};
/// A film through `stages` stages that each make new pictures: counts whether the memory that one
/// gives is the memory that the next is given, from the pushed frame to the one that comes out.
HandOvers count_copies(int stages, int frames, const std::string& device);

} // namespace bench
