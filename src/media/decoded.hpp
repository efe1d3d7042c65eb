#pragma once
/// \file
/// A decoded frame, on the host or on a video engine's device.

#include "media/ffmpeg.hpp"
#include "media/hardware.hpp"
#include "media/samples.hpp"

#include <memory>
#include <optional>

namespace oldfilm::media {

/// A decoded frame. What a video engine has decoded is in `samples`; `frame` then has everything
/// but the samples, as if it had been decoded on the CPU.
struct Decoded {
    UniqueFrame frame;
    std::shared_ptr<const Samples> samples;
    explicit operator bool() const noexcept { return frame != nullptr; }
};

/// A frame that an engine has decoded, with samples of its own: the engine has few surfaces, and
/// reuses this one. Empty where the engine did not decode it.
[[nodiscard]] std::optional<Decoded> take_surface(VideoEngine& engine, const AVFrame& frame);

} // namespace oldfilm::media
