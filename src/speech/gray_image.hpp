#pragma once
/// \file
/// A title card as a picture that can be read.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace oldfilm::speech {

/// A gray picture of 8 bits, rows from top to bottom without gaps.
struct GrayImage {
    int width = 0, height = 0;
    std::vector<std::uint8_t> samples;
};

/// Dark letters on an even background: without shading, whether the letters were dark or bright.
/// `luma`: 1 x H x W float32 in [0, 1], as the result.
at::Tensor flattened(const at::Tensor& luma);

/// Dark letters on white, of a size that can be read, without the background's shading. `luma`: 1 x
/// H x W float32.
GrayImage readable(const at::Tensor& luma);

} // namespace oldfilm::speech
