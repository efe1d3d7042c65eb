#pragma once
/// \file
/// Counts dust.

#include "analysis/plane.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace oldfilm::analysis {

/// Counts what stands in one frame and neither in the one before nor in the one after it.
///
/// A pixel is a candidate if it lies outside the range of its surroundings in both neighbors (the
/// rank-ordered difference of Nadenau and Mitra, "Blotch and scratch detection in image sequences
/// based on rank ordered differences", 1997). Candidates that touch are a spot. A spot that is
/// found again nearby in a neighbor is a thing that moves, and not dust. Frames in which more than
/// `most_spots` remain move too much to be judged.
class SpotCounter {
  public:
    static constexpr std::size_t most_spots = 400;

    /// The next frame; consecutive ones.
    void add(const Plane& frame);
    /// Forgets the frames, and keeps the counts: the next frame follows another one.
    void interrupt() { held_ = 0; }
    /// The median of the frames that had neighbors; -1 if none could be judged.
    [[nodiscard]] double per_frame() const;

  private:
    std::array<Plane, 3> frames_; ///< the last ones, the oldest first
    std::size_t held_ = 0;        ///< of them
    std::vector<double> counts_;  ///< of each frame
};

} // namespace oldfilm::analysis
