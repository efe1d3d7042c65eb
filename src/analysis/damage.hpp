#pragma once
/// \file
/// How damaged a shot is, at a glance.

#include "analysis/plane.hpp"
#include "analysis/spots.hpp"
#include "analysis/streaks.hpp"

#include <oldfilm/analysis.hpp>

#include <cstdint>
#include <optional>
#include <vector>

namespace oldfilm::analysis {

/// Measures flicker and weave of consecutive frames in the middle of the frame, where bars do not
/// reach, and counts dust and running scratches in some of them.
///
/// What changes evenly in time is the scene's or the camera's, so that only the second difference
/// of exposure and position counts. White noise of deviation s has a second difference of deviation
/// sqrt(6) s.
class DamageMeter {
  public:
    /// A frame that follows those before.
    void add(const Plane& frame);
    [[nodiscard]] ShotDamage damage() const;

  private:
    /// Sums of the columns and of the rows, without what changes slowly along them.
    using Profile = std::vector<float>;
    struct Position {
        Profile columns, rows;
    };
    /// Where a frame is and how bright, against the frame before.
    struct Step {
        double exposure = 0;                ///< logarithm of the ratio
        std::optional<double> across, down; ///< in pixels, where the picture shows it
    };
    [[nodiscard]] static Position position_of(const Plane& frame);

    std::int64_t frames_ = 0;
    std::int64_t scale_ = 1; ///< by which frames are reduced for dust and scratches
    double exposure_ = 0;    ///< of the last frame: logarithm of its mean luma
    Position position_;      ///< of the last frame
    std::vector<Step> steps_;
    SpotCounter spots_;
    StreakFinder streaks_;
};

} // namespace oldfilm::analysis
