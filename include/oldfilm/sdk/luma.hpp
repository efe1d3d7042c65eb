#pragma once
/// \file
/// Luma of a picture. Needs LibTorch.

#include <oldfilm/sdk/frame_view.hpp>

#include <ATen/TensorOperators.h>

#include <array>
#include <cstdint>

namespace oldfilm::sdk {

/// Weights of R, G and B in luma; their sum is 1.
using LumaWeights = std::array<double, 3>;

/// Those of BT.601.
inline constexpr LumaWeights bt601{0.299, 0.587, 0.114};

/// The weights of the matrix in `color` (H.273, table 4: BT.601, BT.709 or BT.2020). Other matrices
/// and untagged pictures count as BT.601 below a height of 720 and as BT.709 from there on, as most
/// players assume.
inline LumaWeights luma_weights(const oldfilm_color& color, std::int64_t height) {
    constexpr LumaWeights bt709{0.2126, 0.7152, 0.0722};
    constexpr LumaWeights bt2020{0.2627, 0.6780, 0.0593};
    switch (color.matrix) {
    case 1:
        return bt709;
    case 4:
    case 5:
    case 6:
        return bt601;
    case 9:
    case 10:
        return bt2020;
    default:
        return height < 720 ? bt601 : bt709;
    }
}
/// Those of a frame.
inline LumaWeights luma_weights(const FrameView& frame) {
    return luma_weights(frame.color(), frame.height());
}

/// Luma, ... x 1 x H x W float32, of a non-linear picture ... x C x H x W with C = 1 or 3. Luma has
/// the range of the picture. A picture with one channel is returned itself, not copied.
inline at::Tensor luma(const at::Tensor& picture, const LumaWeights& weights) {
    if (picture.size(-3) == 1) {
        return picture;
    }
    at::Tensor sum = picture.narrow(-3, 0, 1).mul(weights[0]);
    sum.add_(picture.narrow(-3, 1, 1), weights[1]);
    sum.add_(picture.narrow(-3, 2, 1), weights[2]);
    return sum;
}

} // namespace oldfilm::sdk
