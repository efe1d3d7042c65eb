#pragma once
/// \file
/// A frame, as a stage sees it.

#include <oldfilm/plugin.h>
#include <oldfilm/sdk/enums.hpp>

#include <cstdint>

namespace oldfilm::sdk {

/// A frame lent by the host; valid until the call returns.
class FrameView {
  public:
    explicit FrameView(const oldfilm_frame& frame) noexcept : frame_(&frame) {}
    [[nodiscard]] const oldfilm_frame& c() const noexcept { return *frame_; }
    /// C x H x W float32, nominally in [0, 1], not clamped; C is 1 or 3. Read-only.
    [[nodiscard]] const oldfilm_tensor& picture() const noexcept { return *frame_->picture; }
    /// The repair mask, 1 x H x W float32; null if no earlier stage made one. Read-only.
    [[nodiscard]] const oldfilm_tensor* mask() const noexcept { return frame_->mask; }
    [[nodiscard]] int channels() const noexcept { return static_cast<int>(picture().shape[0]); }
    [[nodiscard]] std::int64_t height() const noexcept { return picture().shape[1]; }
    [[nodiscard]] std::int64_t width() const noexcept { return picture().shape[2]; }
    /// Number in the input of the stage, from 0.
    [[nodiscard]] std::int64_t index() const noexcept { return frame_->index; }
    /// Presentation time and duration, in ticks of `time_base`.
    [[nodiscard]] std::int64_t pts() const noexcept { return frame_->pts; }
    [[nodiscard]] std::int64_t duration() const noexcept { return frame_->duration; }
    /// Length of a tick, in seconds.
    [[nodiscard]] oldfilm_rational time_base() const noexcept { return frame_->time_base; }
    /// Number of the shot, from 0.
    [[nodiscard]] int shot() const noexcept { return frame_->shot; }
    /// Where the picture comes from.
    [[nodiscard]] Origin origin() const noexcept { return static_cast<Origin>(frame_->origin); }
    /// H.273 code points.
    [[nodiscard]] const oldfilm_color& color() const noexcept { return frame_->color; }

  private:
    const oldfilm_frame* frame_;
};

} // namespace oldfilm::sdk
