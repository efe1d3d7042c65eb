#pragma once

/// \file
/// CIELAB (CIE 1976, white D65) of pictures whose samples are sRGB (IEC 61966-2-1), on tensors
/// N x C x H x W. Samples beyond [0, 1] are followed along the same curves, never clamped.

#include <ATen/core/Tensor.h>

namespace oldfilm::stages {

/// Relative luminance Y, N x 1 x H x W, linear, of a monochrome or RGB picture.
at::Tensor luminance(const at::Tensor& picture);

/// L*, 0 (black) to 100 (white), of luminance.
at::Tensor lightness(const at::Tensor& luminance);

/// Luminance of L*.
at::Tensor unlightness(const at::Tensor& lightness);

/// a* and b*, N x 2 x H x W, of an RGB picture.
at::Tensor chroma(const at::Tensor& rgb);

/// The RGB picture with this luminance and these a* and b*. A color outside the sRGB gamut is
/// mixed with the gray of the same luminance until it fits: L* stays as it is, chroma gives way.
at::Tensor picture_of(const at::Tensor& luminance, const at::Tensor& ab);

/// The same from a monochrome or RGB picture, 1 x C x H x W, whose luminance stays.
at::Tensor recolored(const at::Tensor& picture, const at::Tensor& ab);

/// B - Y and R - Y of coded RGB (N x 3 x H x W, clamped to [0, 1]): N x 2 x H x W. OpenCV's U and V
/// are these, scaled.
at::Tensor yuv_chroma(const at::Tensor& rgb);

/// `picture` with these differences: its BT.601 luma stays, as far as [0, 1] has room. N x 3 x H x
/// W.
at::Tensor recolored_yuv(const at::Tensor& picture, const at::Tensor& differences);

} // namespace oldfilm::stages
