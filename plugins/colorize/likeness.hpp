#pragma once
/// \file
/// Colors by appearance: places of a frame take the colors of places of keyframes that look alike.
///
/// Looks are features of the network that colorizes, with lightness and its deviation; colors are
/// the mean of all places, weighted by the distance of their features (He et al. 2018, "Deep
/// exemplar-based colorization"; Zhang et al. 2019, "Deep exemplar-based video colorization").

#include <ATen/core/Tensor.h>

#include <vector>

namespace oldfilm::stages {

/// Features of a picture's places, M x D. `luma`: 1 x 1 x H x W, L / 100; `features`: 1 x F x h x w
/// of the network at any size. Places are a grid of `height` x `width`.
at::Tensor looks(const at::Tensor& luma, const at::Tensor& features, std::int64_t height,
                 std::int64_t width);

/// Places of known color.
struct Examples {
    at::Tensor looks; ///< N x D
    at::Tensor ab;    ///< N x 2
    at::Tensor luma;  ///< N, L / 100
    double share = 1; ///< in [0, 1], how far they count
};

/// The examples of a picture on the grid of `looks` (M x D), where `known` (1 x 1 x H x W) is at
/// least one half. `ab`: 1 x 2 x H x W.
Examples examples(const at::Tensor& looks, const at::Tensor& luma, const at::Tensor& ab,
                  const at::Tensor& known, std::int64_t height, std::int64_t width);

/// Colors for places.
struct Likeness {
    at::Tensor ab;   ///< 1 x 2 x height x width
    at::Tensor sure; ///< 1 x 1 x height x width in [0, 1]: 0 where nothing looks alike
};

/// For the grid of `looks`, height * width x D. There must be examples.
Likeness alike(const at::Tensor& looks, const std::vector<Examples>& all, std::int64_t height,
               std::int64_t width);

} // namespace oldfilm::stages
