#pragma once
/// \file
/// Where one shot ends and the next begins.

#include <oldfilm/shots.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace oldfilm {

/// Rows and columns at a picture's sides that belong to its bars or to the film
/// gate, counted in places of a thumbnail.
struct Bars {
    int top = 0, bottom = 0, left = 0, right = 0;
    bool operator==(const Bars&) const = default;
};

/// A frame as the cut detector sees it: luma, averaged to at most 128 x 96,
/// with the bars found. Pictures are compared inside the active area, at 32
/// x 24. Brightness and contrast do not count, so that flicker and fades are
/// not cuts; nor does the fifth of the places that differs most, so that dirt
/// is none.
class Thumbnail {
  public:
    Thumbnail() = default;
    /// `picture`: C x H x W.
    explicit Thumbnail(const at::Tensor& picture);
    /// 0 for the same picture up to brightness and contrast, 1 for unrelated
    /// ones, 2 for a negative: one minus the normalized cross-correlation,
    /// trimmed. The area is that which either shows. A picture that shows nothing
    /// is unlike any that does, but for a faint one, which may be the last of a
    /// fade.
    [[nodiscard]] double distance(const Thumbnail& other) const;
    /// The same where `other` may show the picture moved, by up to an eighth of the active area.
    [[nodiscard]] double distance_moved(const Thumbnail& other) const;
    /// No structure at all: black leader, a white flash.
    [[nodiscard]] bool is_flat() const;
    /// So little that a fade may be about to end in nothing, or has begun there.
    [[nodiscard]] bool is_faint() const;
    [[nodiscard]] const Bars& bars() const { return bars_; }

  private:
    [[nodiscard]] std::vector<float> within(const Bars& bars) const;
    [[nodiscard]] Bars find_bars(const std::vector<float>& luma) const;
    [[nodiscard]] Bars shared_bars(const Thumbnail& other) const;

    int rows_ = 0, columns_ = 0;
    std::vector<double> sums_; ///< of luma above and left of a place, (rows + 1) x (columns + 1)
    Bars bars_;
    double deviation_ = 0; ///< within the active area, in [0, 1] units
};

/// Finds cuts one frame at a time, with two frames of look-ahead. A cut is
/// where every picture before is unlike every picture after within two frames
/// (so that a flash, which passes, is none), by far more than neighbors in this
/// shot differ, and isn't the picture before moved on (after frames that are
/// gone, or a still); and where a fade comes up from nothing on another picture than
/// went down.
class ShotDetector {
  public:
    static constexpr int look_ahead = 2;
    explicit ShotDetector(double threshold = ShotOptions::default_threshold)
        : threshold_(threshold) {}
    /// Whether `ahead[0]` starts a shot; `ahead` holds it and up to `look_ahead`
    /// frames that follow.
    bool starts_shot(const std::vector<Thumbnail>& ahead);

  private:
    [[nodiscard]] bool is_unlike(const std::vector<Thumbnail>& ahead) const;
    [[nodiscard]] bool is_other_after_fade(const std::vector<Thumbnail>& ahead) const;

    double threshold_;
    std::deque<Thumbnail> before_;   ///< up to two frames of the current shot
    std::deque<double> activity_;    ///< distances between its latest neighbors
    std::optional<Thumbnail> shown_; ///< the shot's latest frame that was more than faint
};

} // namespace oldfilm
