#pragma once
/// \file
/// Marked places made larger.

#include <ATen/TensorOperators.h>
#include <ATen/ops/bitwise_or.h>
#include <ATen/ops/constant_pad_nd.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace oldfilm::stages {

/// `marked` (bool, any sizes), and what is at most `by` away from it along one dimension. A reach
/// is doubled until it suffices, so that each step is one pass over bytes; pooling, which LibTorch
/// does on floats, takes ten times as long.
inline at::Tensor grown_along(const at::Tensor& marked, std::int64_t dimension, std::int64_t by) {
    const std::int64_t last = dimension - marked.dim(); // counted from the end, as padding is
    std::vector<std::int64_t> sides(static_cast<std::size_t>(-2 * last), 0);
    sides[sides.size() - 2] = sides[sides.size() - 1] = by;
    at::Tensor seen = at::constant_pad_nd(marked, sides, 0);
    // Each place has seen `reach` places from itself on.
    for (std::int64_t reach = 1; reach < 2 * by + 1;) {
        const std::int64_t step = std::min(reach, 2 * by + 1 - reach);
        const std::int64_t left = seen.size(dimension) - step;
        seen = at::bitwise_or(seen.narrow(dimension, 0, left), seen.narrow(dimension, step, left));
        reach += step;
    }
    return seen;
}

/// `marked` (bool, ... x H x W) with all that a square of side 2 `by` + 1 around a marked place
/// covers.
inline at::Tensor grown(const at::Tensor& marked, std::int64_t by) {
    if (by == 0) {
        return marked;
    }
    return grown_along(grown_along(marked, marked.dim() - 2, by), marked.dim() - 1, by);
}

} // namespace oldfilm::stages
