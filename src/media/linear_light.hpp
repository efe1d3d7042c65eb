#pragma once
/// \file
/// Linear light, which OpenEXR holds, to what pictures are and back. Stages see non-linear
/// pictures; all values have a counterpart, those below 0 and above 1 too, so that none is lost
/// between two linear files.

#include "media/convert.hpp"

#include <string>

namespace oldfilm::media {

/// The transfer that pictures of linear samples are brought to: IEC 61966-2-1 (sRGB).
constexpr std::uint8_t picture_transfer = AVCOL_TRC_IEC61966_2_1;

/// Whether samples of such a layout are linear light: float ones, unless the tags name another
/// transfer.
bool is_linear_light(const Layout& layout, const ColorTags& tags);
/// What pictures made of such samples are tagged as.
ColorTags picture_tags(ColorTags tags, const Layout& layout);

/// On the tensor's device.
at::Tensor from_linear(const at::Tensor& linear);
/// Of a picture with that transfer (H.273); an unspecified one is taken for sRGB. Throws `Error`
/// (unsupported) as `check_invertible` does.
at::Tensor to_linear(const at::Tensor& picture, int transfer);
/// Throws `Error` (unsupported) where pictures with that transfer can't be brought to linear light;
/// `path` is the file they were meant for.
void check_invertible(int transfer, const std::string& path);

} // namespace oldfilm::media
