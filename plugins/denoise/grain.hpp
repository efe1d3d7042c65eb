#pragma once
/// \file
/// How strong a film's grain is.

#include <ATen/core/Tensor.h>

namespace oldfilm::stages {

/// Standard deviation of the noise in a picture 1 x H x W, in the picture's units: over all
/// positions, a low quantile of the deviations of small blocks of the Laplacian-like residual of
/// Immerkaer (Fast Noise Variance Estimation, CVIU 1996), so that textured blocks do not count. 0
/// for pictures under 16 x 16.
double noise_of(const at::Tensor& luma);

} // namespace oldfilm::stages
