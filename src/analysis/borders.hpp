#pragma once
/// \file
/// Where the picture ends and bars or the film gate begin.

#include "analysis/plane.hpp"

#include <oldfilm/analysis.hpp>

#include <array>
#include <cstdint>
#include <vector>

namespace oldfilm::analysis {

/// Gathers how bright lines are, of pictures of one size.
class Borders {
  public:
    /// The brightest channel of a picture; black ones and title cards do not count.
    void add(const Plane& luma);
    [[nodiscard]] bool empty() const { return sides_[0].empty(); }
    /// The area that any but few of the pictures show something in.
    [[nodiscard]] ActiveArea area() const;

  private:
    using Profile = std::vector<float>; ///< of lines, from a side on

    [[nodiscard]] bool are_rounded(const ActiveArea& area) const;

    std::int64_t width_ = 0, height_ = 0;
    /// Top, bottom, left, right; for each picture: what nearly all of a line is below, and half.
    std::array<std::vector<Profile>, 4> sides_, halves_;
    Plane brightest_; ///< sample by sample, of some of the pictures
};

} // namespace oldfilm::analysis
