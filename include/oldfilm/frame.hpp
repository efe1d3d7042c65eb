#pragma once
/// \file
/// A frame: one picture of a film, its exact time, and what is known about it.

#include <oldfilm/color.hpp>
#include <oldfilm/export.hpp>
#include <oldfilm/time.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace oldfilm {

/// Where a frame came from.
enum class Origin : std::uint8_t {
    decoded,      ///< a frame of the film (restored or not)
    interpolated, ///< made between two frames of the film
    held, ///< the picture of the frame before, shown again: a duplicate (pulldown, a still), in
          ///< place of a damaged frame, or because the film has nothing newer before a cut
};

/// What is known about a frame beside its picture.
struct FrameInfo {
    std::int64_t index = 0; ///< number of the frame in its stream, from 0, without gaps
    std::int64_t pts = 0;   ///< presentation time in ticks of `time_base`
    std::int64_t duration = 0;
    Rational time_base{1, 1000}; ///< seconds a tick
    std::int32_t shot = 0;       ///< number of the shot, from 0; a cut is where it changes
    Origin origin = Origin::decoded;
    ColorTags color;
    Rational sample_aspect{1, 1}; ///< width of a pixel over its height
    /// When the picture was taken, in seconds, where the film moves at another pace than it is
    /// shown at (24 in 30 by duplicates): evenly spaced then, and within a frame of `time()`.
    /// Frames that show one picture of the film have one. Nothing: when it is shown.
    std::optional<Rational> taken;
    /// Presentation time in seconds, exact.
    [[nodiscard]] Rational time() const { return Rational(pts) * time_base; }
};

/// The coded samples that a frame was decoded from, kept so that a writer can put back, exactly,
/// every sample that no stage touched.
struct CodedPicture {
    std::shared_ptr<const void> samples; ///< opaque; the media library's own (an AVFrame)
    at::Tensor picture; ///< the picture as converted from `samples`, before any stage
};

/// An immutable, reference-counted value; copying copies no pixels. Safe to read from any thread.
///
/// The picture is C x H x W, float32, C = 1 (monochrome) or 3 (R, G, B), non-linear as coded,
/// nominally [0, 1] and not clamped (footroom and headroom survive), of any strides, on any device.
class OLDFILM_API Frame {
  public:
    Frame() = default; ///< an empty frame: `defined()` is false
    /// Throws `Error` (format_mismatch) when `picture` is not C x H x W float32 with 1 or 3
    /// channels.
    Frame(at::Tensor picture, FrameInfo info);

    [[nodiscard]] bool defined() const noexcept { return data_ != nullptr; }
    [[nodiscard]] const at::Tensor& picture() const;
    [[nodiscard]] const FrameInfo& info() const;
    /// Repair mask, 1 x H x W, float32 in [0, 1], 1 where a stage repaired; undefined when there is
    /// none.
    [[nodiscard]] const at::Tensor& mask() const;
    /// The samples that the frame was decoded from; null when they are not known.
    [[nodiscard]] const std::shared_ptr<const CodedPicture>& coded() const;
    [[nodiscard]] std::int64_t channels() const;
    [[nodiscard]] std::int64_t height() const;
    [[nodiscard]] std::int64_t width() const;
    /// Memory that this frame keeps alive, in bytes (picture, mask, coded samples).
    [[nodiscard]] std::int64_t bytes() const;

    /// Copies with one part replaced. The mask is dropped when the picture's size changes.
    [[nodiscard]] Frame with_picture(at::Tensor picture) const;
    [[nodiscard]] Frame with_mask(at::Tensor mask) const;
    [[nodiscard]] Frame with_info(FrameInfo info) const;
    [[nodiscard]] Frame with_coded(std::shared_ptr<const CodedPicture> coded) const;

  private:
    struct Data;
    std::shared_ptr<const Data> data_;
};

} // namespace oldfilm
