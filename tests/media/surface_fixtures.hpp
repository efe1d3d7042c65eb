#pragma once
/// \file
/// Frames as video engines hold them, and an engine that stands in for one: FFmpeg's own decoder,
/// whose frames are laid out as a GPU's and brought to a device.

#include "media/hardware.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace oldfilm::testing {

/// Noise of all values that the format has.
media::UniqueFrame noise(AVPixelFormat format, int width, int height, std::uint64_t seed = 1);

/// NV12 for yuv420p, P010 for yuv420p10le, P016 for yuv420p12le, YUV444P for yuv444p, YUV444P16 for
/// yuv444p10le.
AVPixelFormat surface_format(AVPixelFormat format);
/// The same samples, laid out so. By plain loops.
media::UniqueFrame surface_frame(const AVFrame& planar);

/// Decodes into `device`'s memory, queued on its default stream, and has one surface only: the next
/// frame is written over the last. `fails_at`: the frame at which it breaks down; -1 for none.
std::unique_ptr<media::VideoEngine> stand_in(const at::Device& device, int fails_at = -1,
                                             std::string refusal = "");

} // namespace oldfilm::testing
