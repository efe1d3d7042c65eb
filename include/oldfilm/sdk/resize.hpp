#pragma once
/// \file
/// Resizing without aliasing. Needs LibTorch.
///
/// Pictures are N x C x H x W float32 on any device. Pixels are areas: the corners of the picture
/// stay its corners. A picture that already has the size is returned itself, not copied.

#include <ATen/TensorOperators.h>
#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/upsample_bilinear2d.h>

#include <cstdint>

namespace oldfilm::sdk {

/// `picture` resized to `height` x `width` pixels by a bicubic kernel (a = -0.5), widened in
/// proportion where it reduces. The result may exceed the range of the picture at edges.
inline at::Tensor resize_bicubic(const at::Tensor& picture, std::int64_t height,
                                 std::int64_t width) {
    if (picture.size(2) == height && picture.size(3) == width) {
        return picture;
    }
    return at::_upsample_bicubic2d_aa(picture.contiguous(), {height, width}, false);
}

/// `picture` resized to `height` x `width` pixels: bilinear, and by a triangle as wide as the step
/// where it reduces. The result stays in the range of the picture.
inline at::Tensor resize_bilinear(const at::Tensor& picture, std::int64_t height,
                                  std::int64_t width) {
    if (picture.size(2) == height && picture.size(3) == width) {
        return picture;
    }
    if (picture.size(2) <= height && picture.size(3) <= width) {
        return at::upsample_bilinear2d(picture, {height, width}, false);
    }
    return at::_upsample_bilinear2d_aa(picture.contiguous(), {height, width}, false);
}

} // namespace oldfilm::sdk
