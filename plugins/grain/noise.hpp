#pragma once
/// \file
/// Noise that looks like the grain of film.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace oldfilm::stages {

/// `planes` x `height` x `width` float32 on the CPU: Gaussian noise of mean 0 and variance 1,
/// correlated over `size` pixels (standard deviation of the Gaussian kernel; below 0.3 it is
/// white). The same arguments give the same bits on every machine.
at::Tensor correlated_noise(std::uint64_t seed, std::int64_t planes, std::int64_t height,
                            std::int64_t width, double size);

/// The part of the largest deviation that grain has at each tone of `luma`, in [0, 1]: grains cover
/// a part v of the area, and the variance of what they let through is that of a coverage, v (1 - v)
/// (Newson, Delon and Galerne, "A Stochastic Film Grain Model for Resolution-Independent
/// Rendering", 2017), 1 at medium gray.
at::Tensor tone_response(const at::Tensor& luma);

} // namespace oldfilm::stages
