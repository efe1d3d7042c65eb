#include "grain.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/avg_pool2d.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace oldfilm::stages {
namespace {

/// Mean of the lowest `part` of blocks C x H x W, of each channel by itself: which blocks come out
/// low then doesn't depend on how much the channels' noise has in common.
double lowest(const at::Tensor& blocks, double part) {
    const at::Tensor sorted = std::get<0>(blocks.flatten(1).sort(1));
    const auto count = static_cast<std::int64_t>(part * static_cast<double>(sorted.size(1)));
    return sorted.slice(1, 0, std::max<std::int64_t>(1, count)).mean().item<double>();
}

} // namespace

double noise_of(const at::Tensor& picture) {
    const std::int64_t h = picture.size(1);
    const std::int64_t w = picture.size(2);
    if (h < 16 || w < 16) {
        return 0;
    }
    // Immerkaer's mask, the difference of two Laplacians: [1 -2 1; -2 4 -2; 1 -2 1], blind to
    // planes and edges.
    const at::Tensor& p = picture;
    const at::Tensor rows = p.slice(1, 0, h - 2) - p.slice(1, 1, h - 1) * 2 + p.slice(1, 2, h);
    const at::Tensor residual =
        rows.slice(2, 0, w - 2) - rows.slice(2, 1, w - 1) * 2 + rows.slice(2, 2, w);
    constexpr std::int64_t block = 8;
    const at::Tensor energy = at::avg_pool2d(residual.square(), {block, block});
    // The mask's weights have a square sum of 36; the lowest fifth of 8 x 8 blocks of white noise
    // comes out at 0.79 of its deviation.
    return std::sqrt(lowest(energy, 0.2) / 36) / 0.79;
}

double noise_between(const at::Tensor& one, const at::Tensor& other) {
    const auto block = std::min<std::int64_t>({16, one.size(1), one.size(2)});
    const at::Tensor difference = one - other;
    const at::Tensor mean = at::avg_pool2d(difference, {block, block});
    const at::Tensor square = at::avg_pool2d(difference.square(), {block, block});
    // Flicker moves a block's mean alone. Two frames' noise adds up, hence the half; the lowest
    // third of 16 x 16 blocks of white noise comes out at 0.945 of its deviation.
    return std::sqrt(lowest((square - mean.square()).clamp_min(0), 1.0 / 3) / 2) / 0.945;
}

} // namespace oldfilm::stages
