#pragma once
/// \file
/// A film divided into work items.

#include "job/segmentation.hpp"

#include <cstdint>
#include <vector>

namespace oldfilm::cluster {

/// Consecutive whole segments, from one cut to another, that one worker restores.
struct Item {
    std::int64_t first_segment = 0, next_segment = 0;
    std::int64_t first = 0, next = 0; ///< frames of the input, [first, next)
    double cost = 0;                  ///< in seconds, estimated
};

/// At most `wanted` items of nearly equal cost, of a film that was scanned to its end.
/// `shot_costs`: seconds a frame, by shot.
[[nodiscard]] std::vector<Item> balanced_items(const job::Segmentation& film,
                                               const std::vector<double>& shot_costs,
                                               std::int64_t wanted);

} // namespace oldfilm::cluster
