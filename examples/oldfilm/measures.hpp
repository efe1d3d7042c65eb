#pragma once
/// \file
/// Figures that tell how far two pictures are apart. Pictures are C x H x W, float32, nominally
/// [0, 1], of one size, on the CPU.

#include <ATen/core/Tensor.h>

namespace cli {

/// Luma of a picture, 1 x H x W (BT.709 weights; monochrome as it is).
at::Tensor luma_of(const at::Tensor& picture);
/// Mean squared difference; of luma when one of the two is monochrome.
double mean_square(const at::Tensor& a, const at::Tensor& b);
/// Peak signal-to-noise ratio in dB for a peak of 1; at most 100.
double psnr_of(double mean_square);
/// Structural similarity of luma, Gaussian window of 11, sigma 1.5 (Wang et al., 2004), mean over
/// the places where the window fits. Pictures smaller than the window are compared by a smaller
/// one.
double ssim(const at::Tensor& a, const at::Tensor& b);

} // namespace cli
