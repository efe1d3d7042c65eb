#pragma once
/// \file
/// A frame: one picture of a film, its exact time and its metadata.

#include <oldfilm/color.hpp>
#include <oldfilm/export.hpp>
#include <oldfilm/time.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>

namespace oldfilm {

/// Origin of a frame.
enum class Origin : std::uint8_t {
    decoded,      ///< a frame of the film, restored or not
    interpolated, ///< computed between two frames of the film
    held, ///< repeats the previous picture: a duplicate (pulldown, a still), a replacement for a
          ///< damaged frame, or a frame before a cut for which the film has no newer picture
};

/// Metadata of a frame.
struct FrameInfo {
    std::int64_t index = 0; ///< number of the frame in its stream, from 0, without gaps
    /// Number of the film's frame that it was made of; for an interpolated one, of the last frame
    /// of its shot that is shown at or before it. In the frames that a run outputs.
    std::int64_t source_index = 0;
    std::int64_t pts = 0;        ///< presentation time in ticks of `time_base`
    std::int64_t duration = 0;   ///< in ticks of `time_base`
    Rational time_base{1, 1000}; ///< length of a tick, in seconds
    std::int32_t shot = 0;       ///< number of the shot, from 0; changes at each cut
    Origin origin = Origin::decoded;
    ColorTags color;
    Rational sample_aspect{1, 1}; ///< width of a pixel divided by its height
    /// Time at which the picture was taken, in seconds, if the film moves at another rate than it
    /// is shown at (24 in 30 by duplicates). These times are evenly spaced, within one frame of
    /// `time()`, and equal for frames that show the same picture. Empty: `time()` applies.
    std::optional<Rational> taken;
    /// Presentation time in seconds, exact.
    [[nodiscard]] Rational time() const { return Rational(pts) * time_base; }
};

/// The coded samples that a frame was decoded from. From these a writer restores, exactly, every
/// sample that no stage changed.
struct CodedPicture {
    std::shared_ptr<const void> samples; ///< opaque; belongs to the media library
    at::Tensor picture;                  ///< the picture converted from `samples`, before any stage
};

/// An immutable, reference-counted frame. Copies share the pixels. Safe to read from any thread.
///
/// The picture is C x H x W float32 with C = 1 (monochrome) or 3 (R, G, B): non-linear as coded,
/// nominally in [0, 1] and not clamped (footroom and headroom are preserved), with any strides, on
/// any device. All members but `defined` require a defined frame.
class OLDFILM_API Frame {
  public:
    Frame() = default; ///< an empty frame: `defined()` is false
    /// Shares the storage of `picture`, which must not be written to afterwards. Throws `Error`
    /// (format_mismatch) if `picture` is not C x H x W float32 with C = 1 or 3, or is empty.
    Frame(at::Tensor picture, FrameInfo info);

    [[nodiscard]] bool defined() const noexcept { return data_ != nullptr; }
    [[nodiscard]] const at::Tensor& picture() const;
    [[nodiscard]] const FrameInfo& info() const;
    /// Repair mask, 1 x H x W float32 in [0, 1], 1 where a stage made a repair; undefined if there
    /// is none.
    [[nodiscard]] const at::Tensor& mask() const;
    /// Damage that is known before any stage looks, from a person or another program: 1 x H x W
    /// float32, 1 where the picture is damaged, -1 where it is not, and 0 where nothing is known.
    /// Undefined if nothing is known at all.
    [[nodiscard]] const at::Tensor& damage() const;
    /// Where the samples come from, in runs that keep an account of it
    /// (`PipelineOptions::evidence`): 1 x H x W uint8, the numbers of `Evidence`. Undefined: all
    /// are original.
    [[nodiscard]] const at::Tensor& evidence() const;
    /// The samples that the frame was decoded from; null if unknown.
    [[nodiscard]] const std::shared_ptr<const CodedPicture>& coded() const;
    [[nodiscard]] std::int64_t channels() const;
    [[nodiscard]] std::int64_t height() const;
    [[nodiscard]] std::int64_t width() const;
    /// Bytes that this frame keeps alive: picture, mask, damage, evidence, and the picture as
    /// decoded, if that is a different one. The coded samples are not counted.
    [[nodiscard]] std::int64_t bytes() const;

    /// Copies with one part replaced. Mask, damage and evidence are dropped if the size of the
    /// picture changes; undefined ones remove them. Throw `Error` (format_mismatch) if the tensor
    /// does not fit.
    [[nodiscard]] Frame with_picture(at::Tensor picture) const;
    [[nodiscard]] Frame with_mask(at::Tensor mask) const;
    [[nodiscard]] Frame with_damage(at::Tensor damage) const;
    [[nodiscard]] Frame with_evidence(at::Tensor evidence) const;
    [[nodiscard]] Frame with_info(FrameInfo info) const;
    [[nodiscard]] Frame with_coded(std::shared_ptr<const CodedPicture> coded) const;

  private:
    struct Data;
    std::shared_ptr<const Data> data_;
};

/// The properties that all frames of a stream share.
struct StreamFormat {
    int channels = 3;
    std::int64_t height = 0, width = 0;
    Rational rate; ///< frames per second; 0 if irregular
    ColorTags color;
    std::int64_t frames = -1; ///< number of frames expected, for progress; -1 if unknown
    /// For irregular rates: frames per frame of the film, after rate changers with a factor
    /// (interpolate:fps=2x). 1 for a film.
    Rational frames_each{1};
};

} // namespace oldfilm
