#pragma once
/// \file
/// What the frames before and after a frame show of it, once they are brought into line.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace scratch {

/// The aligned frames of `window` (T x C x H x W) but entry `middle`, averaged where `valid` (T x 1
/// x H x W, 1 where a frame is not damaged; undefined: everywhere), C x H x W; and where none
/// is, 1 x H x W bool.
struct Neighbors {
    at::Tensor mean, missing;
};
Neighbors neighbors(const at::Tensor& window, const at::Tensor& valid, std::int64_t middle);

/// Where the samples of a repaired `picture` (C x H x W) come from, 1 x H x W uint8: recovered,
/// where they lie in all channels within what these frames show of the place, but for the rounding
/// of 8 bits; else synthesized.
at::Tensor evidence_of(const at::Tensor& picture, const at::Tensor& window, const at::Tensor& valid,
                       std::int64_t middle);

} // namespace scratch
