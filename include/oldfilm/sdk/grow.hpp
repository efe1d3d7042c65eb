#pragma once
/// \file
/// Growing masks (morphological dilation). Needs LibTorch.

#include <ATen/TensorOperators.h>
#include <ATen/ops/bitwise_or.h>
#include <ATen/ops/constant_pad_nd.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace oldfilm::sdk {

/// `marked` (bool, any shape), grown by `by` elements to both sides along `dimension` (from 0).
///
/// The reach is doubled until it suffices, so that each step is one pass over bytes. Pooling, which
/// LibTorch offers for floats only, takes ten times as long.
inline at::Tensor grown_along(const at::Tensor& marked, std::int64_t dimension, std::int64_t by) {
    const std::int64_t last = dimension - marked.dim(); // counted from the end, as padding is
    std::vector<std::int64_t> sides(static_cast<std::size_t>(-2 * last), 0);
    sides[sides.size() - 2] = sides[sides.size() - 1] = by;
    at::Tensor seen = at::constant_pad_nd(marked, sides, 0);
    // Each element has seen the `reach` elements from itself on.
    for (std::int64_t reach = 1; reach < 2 * by + 1;) {
        const std::int64_t step = std::min(reach, 2 * by + 1 - reach);
        const std::int64_t left = seen.size(dimension) - step;
        seen = at::bitwise_or(seen.narrow(dimension, 0, left), seen.narrow(dimension, step, left));
        reach += step;
    }
    return seen;
}

/// `marked` (bool, ... x H x W), grown by a square of side 2 `by` + 1 pixels. To shrink a mask,
/// grow its complement: `grown(mask.logical_not(), by).logical_not()`.
inline at::Tensor grown(const at::Tensor& marked, std::int64_t by) {
    if (by == 0) {
        return marked;
    }
    return grown_along(grown_along(marked, marked.dim() - 2, by), marked.dim() - 1, by);
}

} // namespace oldfilm::sdk
