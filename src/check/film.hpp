#pragma once
/// \file
/// Films to test stages with: something moves, flickers, has grain, dirt and a scratch.

#include "check/check.hpp"

#include <ATen/core/Tensor.h>

namespace oldfilm::check {

struct Film {
    Shape shape;
    std::vector<at::Tensor> pictures; ///< C x H x W float32
    std::vector<at::Tensor> masks;    ///< 1 x H x W; may be empty
    std::int64_t first_index = 0;     ///< number of the first frame
    std::int64_t first_pts = 0;
    std::int32_t shot = 0;

    [[nodiscard]] std::int64_t size() const { return static_cast<std::int64_t>(pictures.size()); }
    /// The same in memory of its own.
    [[nodiscard]] Film copy() const;
};

/// The same for the same arguments, in memory of its own each time.
Film make_film(const Shape& shape, std::int64_t frames, std::uint64_t seed = 1);

/// Whether two tensors have the same shape and bits (so NaN equals itself).
bool same_bits(const at::Tensor& a, const at::Tensor& b);
/// Largest absolute difference; infinite when the shapes differ.
double difference(const at::Tensor& a, const at::Tensor& b);

} // namespace oldfilm::check
