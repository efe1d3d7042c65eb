#pragma once
/// \file
/// Smooth values where none are known. Needs LibTorch.

#include <ATen/TensorOperators.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <cstddef>
#include <vector>

namespace oldfilm::sdk {

/// `values` (N x C x H x W float32), interpolated where `known` (1 x 1 x H x W float32, 0 or 1) is
/// 0: pull and push over a pyramid (Gortler et al., "The Lumigraph", 1996), so that near values
/// weigh more, at a scale that fits the gap. Known values are returned unchanged. The result is 0
/// if no value is known.
inline at::Tensor filled(const at::Tensor& values, const at::Tensor& known) {
    std::vector<at::Tensor> sums{values * known};
    std::vector<at::Tensor> weights{known};
    const auto halved = [](const at::Tensor& x) {
        // The last row or column of an odd size is the mean of what is there.
        return at::avg_pool2d(x, {2, 2}, {2, 2}, {0, 0}, true, false);
    };
    while (sums.back().size(2) > 1 || sums.back().size(3) > 1) {
        sums.push_back(halved(sums.back()));
        weights.push_back(halved(weights.back()));
    }
    constexpr double little = 1e-8;
    at::Tensor made = sums.back() / weights.back().clamp_min(little);
    for (std::size_t level = sums.size() - 1; level-- > 0;) {
        const at::Tensor& weight = weights[level];
        made = at::lerp(at::upsample_bilinear2d(made, sums[level].sizes().slice(2), false),
                        sums[level] / weight.clamp_min(little), weight);
    }
    return made;
}

} // namespace oldfilm::sdk
