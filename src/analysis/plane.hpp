#pragma once
/// \file
/// Luma as the analysis reads it.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace oldfilm::analysis {

/// Luma (BT.601 weights), or another measure of brightness, in [0, 1] on the host, row by row.
struct Plane {
    std::int64_t width = 0, height = 0;
    std::vector<float> samples;
    [[nodiscard]] float at(std::int64_t x, std::int64_t y) const {
        return samples[static_cast<std::size_t>(y * width + x)];
    }
};

/// Luma of a picture (C x H x W, any device).
Plane luma_of(const at::Tensor& picture);
/// The brightest channel of each pixel: what is dark blue is not black.
Plane brightest_of(const at::Tensor& picture);

/// The plane reduced by a whole factor, by means, to at most `most` columns; without what `margins`
/// (left, top, right, bottom, in pixels) leave out.
struct Margins {
    std::int64_t left = 0, top = 0, right = 0, bottom = 0;
};
Plane reduced(const Plane& plane, const Margins& margins, std::int64_t most);

/// The plane as means of `rows` x `columns` places, or of as many as it has samples.
Plane thumbnail_of(const Plane& plane, std::int64_t rows, std::int64_t columns);

} // namespace oldfilm::analysis
