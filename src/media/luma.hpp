#pragma once
/// \file
/// What frames show, as far as it takes to compare them: luma in 8 bits, on the host.

#include "media/ffmpeg.hpp"
#include "media/samples.hpp"

#include <cstdint>
#include <vector>

namespace oldfilm::media {

class Luma {
  public:
    Luma() = default;
    /// Copies; `frame` is in a direct format of whole numbers (green counts as luma in RGB).
    explicit Luma(const AVFrame& frame);
    [[nodiscard]] bool empty() const noexcept { return samples_.empty(); }
    [[nodiscard]] int width() const noexcept { return width_; }
    [[nodiscard]] int height() const noexcept { return height_; }
    [[nodiscard]] const std::uint8_t* row(int y) const {
        return samples_.data() + std::ptrdiff_t{y} * width_;
    }

  private:
    int width_ = 0, height_ = 0;
    std::vector<std::uint8_t> samples_;
};

/// Mean difference between one field (0: top) of two frames of one size, in codes of 8 bits.
double field_difference(const Luma& a, const Luma& b, int field);

/// The mean difference, in codes of 8 bits, where it is largest, of places of 16 x 16: a small
/// thing that moves counts like a large one.
double largest_difference(const Luma& a, const Luma& b);

/// Part of the samples that stand out from both neighboring lines, to one side, where the top
/// field is `top`'s and the bottom field `bottom`'s: what moves is combed where they were taken at
/// two times.
double combing(const Luma& top, const Luma& bottom);

/// The same within each of the frame's fields, where lines are of one time: what fine detail alone
/// comes to.
double combing_of_fields(const Luma& frame);

/// Whether both show the same picture, sample for sample. Of one format and size; where they are.
bool same_samples(const Samples& a, const Samples& b);
bool same_samples(const AVFrame& a, const AVFrame& b);

} // namespace oldfilm::media
