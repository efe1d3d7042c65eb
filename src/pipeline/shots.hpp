#pragma once
/// \file
/// Where one shot ends and the next begins.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <vector>

namespace oldfilm {

/// A frame as the cut detector sees it: luma, averaged to 32 x 24. Brightness and contrast do
/// not count, so that flicker and fades are not cuts; nor does the fifth of the places that differs
/// most, so that dirt is none.
class Thumbnail {
  public:
    Thumbnail() = default;
    explicit Thumbnail(const at::Tensor& picture);
    /// 0 for the same picture up to brightness and contrast, 1 for unrelated ones, 2 for a
    /// negative: one minus the normalised cross-correlation, trimmed.
    [[nodiscard]] double distance(const Thumbnail& other) const;

  private:
    std::vector<float> values_;
    bool flat_ = true; ///< no structure at all: black leader, white flash
};

/// Finds cuts one frame at a time, with two frames of look-ahead. A cut is where every picture
/// before is unlike every picture after within two frames (so that a flash, which passes, is none),
/// by far more than neighbours in this shot differ.
class ShotDetector {
  public:
    static constexpr int look_ahead = 2;
    /// Whether `ahead[0]` starts a shot; `ahead` holds it and up to `look_ahead` frames that
    /// follow.
    bool starts_shot(const std::vector<Thumbnail>& ahead);

  private:
    std::deque<Thumbnail> before_; ///< up to two frames of the current shot
    std::deque<double> activity_;  ///< distances between its latest neighbours
};

} // namespace oldfilm
