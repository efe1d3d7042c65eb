#pragma once
/// \file
/// How grainy a shot is.

#include "analysis/plane.hpp"

#include <optional>
#include <vector>

namespace oldfilm::analysis {

/// Measures grain by the difference of consecutive frames in their flattest blocks, where nothing
/// that moves leaves much. What is flat is judged by the mean of both frames, which does not depend
/// on their difference, so that the choice does not favor blocks that are quiet by chance.
class GrainMeter {
  public:
    /// A frame that follows `before`.
    void add(const Plane& before, const Plane& frame);

    struct Grain {
        double sigma = 0; ///< standard deviation at medium gray, in [0, 1] units
        double size = 0;  ///< standard deviation of the Gaussian that white noise is filtered with
    };
    /// Nothing where no two different frames had flat blocks.
    [[nodiscard]] std::optional<Grain> grain() const;

  private:
    std::vector<double> variances_, sizes_; ///< of each pair of frames
};

} // namespace oldfilm::analysis
