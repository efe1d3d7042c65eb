#pragma once
/// \file
/// The transfer function of sRGB (IEC 61966-2-1), on tensors of any shape. Needs LibTorch.

#include <ATen/TensorOperators.h>
#include <ATen/ops/pow.h>

namespace oldfilm::sdk {

// Each curve is a power above its knee and the tangent below; the two parts are added, each held at
// the knee on the side of the other, which takes fewer passes over the pixels than a choice between
// them.

/// Linear light of coded samples. Samples outside [0, 1] follow the same curve.
inline at::Tensor srgb_to_linear(const at::Tensor& coded) {
    constexpr double knee = 0.04045;
    return coded.clamp_min(knee)
        .add_(0.055)
        .mul_(1.0 / 1.055)
        .pow_(2.4)
        .add_(coded.clamp_max(knee).sub_(knee), 1.0 / 12.92);
}

/// Coded samples of linear light. Light outside [0, 1] follows the same curve.
inline at::Tensor linear_to_srgb(const at::Tensor& linear) {
    constexpr double knee = 0.0031308;
    return linear.clamp_min(knee).pow_(1.0 / 2.4).mul_(1.055).sub_(0.055).add_(
        linear.clamp_max(knee).sub_(knee), 12.92);
}

} // namespace oldfilm::sdk
