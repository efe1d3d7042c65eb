#pragma once
/// \file
/// Finds running scratches.

#include "analysis/plane.hpp"

#include <cstdint>
#include <vector>

namespace oldfilm::analysis {

/// Finds thin vertical lines that stay in their column over most of the height and of the shot.
///
/// The frame is divided into bands of rows, whose means suppress grain. A column is a line in a
/// band if it is brighter, or darker, than what stands on both sides of it (after Kokaram, "Motion
/// picture restoration", 1998, section 11).
class StreakFinder {
  public:
    void add(const Plane& frame);
    /// The columns of the scratches, from the left, in pixels.
    [[nodiscard]] std::vector<std::int64_t> columns() const;

  private:
    std::int64_t frames_ = 0;
    /// For each column, the sum over frames of the share of bands in which it is a line, brighter
    /// and darker.
    std::vector<float> brighter_, darker_;
};

} // namespace oldfilm::analysis
