#pragma once
/// \file
/// The picture that a detector looks for faces in.

#include <oldfilm/sdk/resize.hpp>

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace oldfilm::stages {

/// A frame's luma, reduced.
struct SearchPicture {
    static constexpr std::int64_t longest = 640; ///< of the long side, in pixels

    at::Tensor luma;  ///< 1 x 1 x h x w in [0, 1]; undefined where a side is less than `least`
    double scale = 1; ///< its size over that of the frame

    /// Of `frame`, 1 x 1 x H x W on any device.
    SearchPicture(const at::Tensor& frame, std::int64_t least) {
        const auto height = static_cast<double>(frame.size(2));
        const auto width = static_cast<double>(frame.size(3));
        scale = std::min(1.0, static_cast<double>(longest) / std::max(height, width));
        const std::int64_t rows = std::llround(height * scale);
        const std::int64_t columns = std::llround(width * scale);
        if (std::min(rows, columns) >= least) {
            luma = sdk::resize_bilinear(frame, rows, columns).clamp(0.0, 1.0);
        }
    }
};

} // namespace oldfilm::stages
