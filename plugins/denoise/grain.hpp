#pragma once
/// \file
/// How strong a film's grain is.

#include <ATen/core/Tensor.h>

namespace oldfilm::stages {

/// Standard deviation of the noise in each channel of a picture C x H x W, in its units: over all
/// positions, a low quantile of the deviations of small blocks of the Laplacian-like residual of
/// Immerkaer (Fast Noise Variance Estimation, CVIU 1996), so that textured blocks do not count. 0
/// for pictures under 16 x 16. Sees fine noise only: of grain that spans several pixels next to
/// nothing.
double noise_of(const at::Tensor& picture);

/// The same from two neighboring frames: what changes from one to the other where least does.
/// Grain of any size counts in full, texture that stays does not; frames that are the same give 0.
double noise_between(const at::Tensor& one, const at::Tensor& other);

} // namespace oldfilm::stages
