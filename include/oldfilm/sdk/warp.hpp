#pragma once
/// \file
/// Motion compensation: with optical flow, and of a whole picture. Needs LibTorch.

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/grid_sampler_2d.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <cstdint>

namespace oldfilm::sdk {

/// The positions p + flow(p), N x H x W x 2, as `sample_at` takes them. `flow` is N x 2 x H x W in
/// pixels (x, then y). Use it to sample several pictures along one flow.
inline at::Tensor positions(const at::Tensor& flow) {
    const std::int64_t height = flow.size(2);
    const std::int64_t width = flow.size(3);
    const double sx = 2.0 / static_cast<double>(std::max<std::int64_t>(width - 1, 1));
    const double sy = 2.0 / static_cast<double>(std::max<std::int64_t>(height - 1, 1));
    const at::Tensor x = at::arange(width, flow.options()).view({1, 1, width});
    const at::Tensor y = at::arange(height, flow.options()).view({1, height, 1});
    return at::stack(
        {flow.select(1, 0).add(x).mul_(sx).sub_(1.0), flow.select(1, 1).add(y).mul_(sy).sub_(1.0)},
        3);
}

/// `picture` (N x C x h x w float32) at `positions` (N x H x W x 2, where -1 and 1 are the centers
/// of its outermost pixels): N x C x H x W. Bilinear; positions outside get the nearest pixel of
/// the border.
inline at::Tensor sample_at(const at::Tensor& picture, const at::Tensor& positions) {
    constexpr std::int64_t bilinear = 0;
    constexpr std::int64_t border = 1;
    return at::grid_sampler_2d(picture, positions, bilinear, border, true);
}

/// `picture` (N x C x H x W float32) at p + flow(p). With the flow from a frame to `picture`, the
/// result shows the content of `picture` where the frame has it.
inline at::Tensor warp(const at::Tensor& picture, const at::Tensor& flow) {
    return sample_at(picture, positions(flow));
}

/// `picture` (C x H x W float32) moved so that what is at (x + `dx`, y + `dy`) comes to (x, y), in
/// pixels. Bicubic; positions outside get the nearest pixel of the border.
inline at::Tensor shifted(const at::Tensor& picture, double dx, double dy) {
    constexpr std::int64_t bicubic = 2;
    constexpr std::int64_t border = 1;
    const std::int64_t height = picture.size(1);
    const std::int64_t width = picture.size(2);
    const auto line = [&](std::int64_t size, double offset) {
        const double half = std::max(static_cast<double>(size - 1) / 2, 0.5);
        return at::arange(size, picture.options()).add_(offset).div_(half).sub_(1.0);
    };
    const at::Tensor x = line(width, dx).view({1, 1, width}).expand({1, height, width});
    const at::Tensor y = line(height, dy).view({1, height, 1}).expand({1, height, width});
    return at::grid_sampler_2d(picture.unsqueeze(0), at::stack({x, y}, 3), bicubic, border, true)
        .squeeze(0);
}

} // namespace oldfilm::sdk
