#include "grain.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/avg_pool2d.h>

#include <algorithm>
#include <cmath>

namespace oldfilm::stages {
namespace {

constexpr std::int64_t block = 8;
/// Of the blocks by their roughness, those up to here are taken for flat.
constexpr double flat_part = 0.2;
/// Blocks of pure noise differ among themselves too: the quietest fifth of them lies this much
/// below the mean (of the deviation over 8 x 8 residuals; measured on white noise).
constexpr double flat_bias = 1 / 0.86;

} // namespace

double noise_of(const at::Tensor& luma) {
    const std::int64_t h = luma.size(1);
    const std::int64_t w = luma.size(2);
    if (h < 16 || w < 16) {
        return 0;
    }
    // Immerkaer's mask, the difference of two Laplacians: [1 -2 1; -2 4 -2; 1 -2 1], blind to
    // planes and edges.
    const at::Tensor p = luma[0];
    const at::Tensor rows = p.slice(0, 0, h - 2) - p.slice(0, 1, h - 1) * 2 + p.slice(0, 2, h);
    const at::Tensor residual =
        rows.slice(1, 0, w - 2) - rows.slice(1, 1, w - 1) * 2 + rows.slice(1, 2, w);
    const at::Tensor energy =
        at::avg_pool2d(residual.square().unsqueeze(0), {block, block}).flatten();
    const at::Tensor sorted = std::get<0>(energy.sort());
    const std::int64_t count =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(flat_part * sorted.numel()));
    const double mean = sorted.slice(0, 0, count).mean().item<double>();
    return std::sqrt(mean / 36) * flat_bias; // the mask's weights have a square sum of 36
}

} // namespace oldfilm::stages
