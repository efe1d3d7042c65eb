#pragma once
/// \file
/// A small copy of a picture, to tell whether two frames show the same.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace oldfilm::speech {

/// The luma of a picture, reduced to about 256 columns: grain is averaged, and lines of letters
/// are not.
class Thumbnail {
  public:
    Thumbnail() = default;
    /// `luma`: 1 x H x W, on any device.
    explicit Thumbnail(const at::Tensor& luma);

    /// Whether both show the same, but for gate weave, flicker, fades, grain and single specks.
    /// False for a picture without any contrast.
    [[nodiscard]] bool shows_same_as(const Thumbnail& other) const;
    /// How far `other` is moved, in pixels of the pictures that both were made of, to a fraction of
    /// one.
    struct Motion {
        double x = 0, y = 0;
    };
    [[nodiscard]] Motion motion_to(const Thumbnail& other) const;
    /// Standard deviation, in [0, 1] units.
    [[nodiscard]] double contrast() const noexcept { return contrast_; }

  private:
    struct Shift {
        std::int64_t x = 0, y = 0;
    };
    struct Place {
        std::int64_t left, top, right, bottom;
    };
    [[nodiscard]] double correlation(const Thumbnail& other, Shift shift, Place place) const;
    [[nodiscard]] double deviation(Place place) const;
    [[nodiscard]] Shift best_shift(const Thumbnail& other) const;
    [[nodiscard]] double correlation(const Thumbnail& other, Shift shift) const {
        return correlation(other, shift, {0, 0, width_, height_});
    }

    std::int64_t width_ = 0, height_ = 0;
    std::int64_t reduced_ = 1; ///< pixels of the picture in one of these
    std::vector<float> samples_;
    double contrast_ = 0;
};

} // namespace oldfilm::speech
