#pragma once
/// \file
/// Which repairs a person should look at first.

#include <oldfilm/ledger.hpp>

#include <cstdint>
#include <vector>

namespace cli::review {

/// Repairs that belong together over the frames of a shot.
struct RepairSeries {
    std::vector<oldfilm::Repair> repairs; ///< in the order of frames
    std::int64_t frames = 0;              ///< how many frames they are in
    std::int64_t area = 0;                ///< of the largest one, in pixels
    double change = 0;                    ///< the largest mean change of luma, in [0, 1]
    double suspicion = 0;                 ///< in [0, 1]; docs/review.md defines it
};

/// Series of repairs of a shot, the most suspicious first. `pixels`: of a frame.
std::vector<RepairSeries> by_suspicion(const std::vector<oldfilm::Repair>& repairs,
                                       std::int64_t pixels);

} // namespace cli::review
