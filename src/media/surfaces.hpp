#pragma once
/// \file
/// Coded samples to pictures and back, on any device, by LibTorch's operations: the same sums in
/// the same order as in convert.hpp, one rounding each, so that values are equal to the bit where
/// the compiler fuses no multiplication with an addition (x86-64), and within a rounding elsewhere.
///
/// Everything here is queued on the calling thread's current stream, and waits for nothing.

#include "media/convert.hpp"

#include <oldfilm/color.hpp>

#include <ATen/core/Tensor.h>

#include <vector>

namespace oldfilm::media {

/// The samples of a frame as a `Layout` has them: H x W each, uint8 or int16 with the bits of
/// uint16 (float32 where the layout is real), in the order of its planes.
using Planes = std::vector<at::Tensor>;

/// What a video engine has decoded, or is to encode: planes in its memory, not owned. Samples of
/// more than 8 bits fill the upper bits of 16. Either three planes, or luma and one with both kinds
/// of chroma, H x W x 2.
struct Surface {
    Planes planes;
};

/// Views of `frame`'s memory, which lies on `device`, as FFmpeg says that `format` (NV12, P010,
/// P016, YUV420P, YUV444P, YUV444P16) lies there. What the frame says is to be cut off at the left
/// and at the top is left out.
Surface surface_of(const AVFrame& frame, AVPixelFormat format, const at::Device& device);

/// Copies of the surface's samples, planar.
Planes planes_in(const Surface& surface, const Layout& layout);
/// The way back, into the surface's memory.
void fill(const Surface& surface, const Planes& planes, const Layout& layout);

/// A frame's planes, which lie on the host, on `device`; through pinned memory.
Planes uploaded(const AVFrame& frame, const Layout& layout, const at::Device& device);

/// As `to_picture`.
at::Tensor picture_of(const Planes& planes, const Layout& layout, const ColorTags& tags, bool gray);
/// As `to_planes`.
Planes planes_of(const at::Tensor& picture, const Layout& layout, const ColorTags& tags);

/// As counted by `chroma_says_nothing`, for Cb and Cr: how many samples are more than two codes (of
/// 8 bits) from neutral, and more than ten. 2 x 2 integers, on the planes' device.
at::Tensor color_counts(const Planes& planes, const Layout& layout);

} // namespace oldfilm::media
