#pragma once
/// \file
/// Whether the color of a film stays what its first frames say.

#include "media/decoder.hpp"
#include "media/samples.hpp"

#include <oldfilm/media.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>

namespace oldfilm::media {

/// Reads the color tags of frames, and warns, once each, where they change, and where a film that
/// was taken for monochrome has color. One thread at a time.
class ColorWatch {
  public:
    /// All of them outlive this. `info` is that of the film, complete when frames are checked.
    ColorWatch(const Decoder& decoder, const MediaInfo& info, const Log& log)
        : decoder_(decoder), info_(info), log_(log) {}

    /// The file is of an encoder that calls every transfer linear.
    void distrust_linear() { transfer_is_made_up_ = true; }
    /// What the samples of a frame are.
    [[nodiscard]] ColorTags coded(const AVFrame& frame) const;
    /// The same, checked against the film's. An output has one set of tags, the film's first:
    /// matrix and range are undone when the picture is made, but primaries and transfer stay in it.
    ColorTags checked(const AVFrame& frame, Rational time);
    /// A film that was found monochrome cannot become a color film midway; but it is not silent.
    void check_gray(const Decoded& decoded, Rational time);
    /// Waits for what devices say of the frames so far.
    void finish() { poll(0); }

  private:
    /// Whether a frame on a device has color, as the device will say.
    struct Asked {
        PendingDownload counts;
        std::int64_t samples;
        Rational time;
    };
    void poll(std::size_t most_waiting);
    void found_color(Rational time);

    const Decoder& decoder_;
    const MediaInfo& info_;
    const Log& log_;
    bool transfer_is_made_up_ = false;
    bool color_warned_ = false, tags_warned_ = false;
    std::deque<Asked> asked_;
};

} // namespace oldfilm::media
