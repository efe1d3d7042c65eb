#pragma once
/// \file
/// What HDR10 says of the display that a film was mastered on, and of how light its content is.

#include "media/ffmpeg.hpp"

extern "C" {
#include <libavutil/mastering_display_metadata.h>
}

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace oldfilm::media {

/// A value. Nothing of it says how samples are coded, so that it holds for a restored picture too.
struct Hdr {
    std::optional<AVMasteringDisplayMetadata> display;
    std::optional<AVContentLightMetadata> light;
    explicit operator bool() const noexcept { return display || light; }

    /// As the stream, or else its first frame, has it.
    static Hdr of(const AVStream& stream, const AVFrame& first);
    void add_to(AVStream& stream) const;
    void add_to(AVFrame& frame) const;
    /// In the words of x264, x265 and SVT-AV1, for their parameters; empty where this encoder has
    /// none.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>>
    parameters(const std::string& encoder) const;
};

/// Whether a container says of a film on what display it was mastered, whatever the codec.
[[nodiscard]] bool holds_hdr(const AVOutputFormat& format);

/// Metadata that tell for each frame how to show it, and so do not fit what stages made of it
/// (HDR10+, Dolby Vision); empty where there is none.
[[nodiscard]] std::string dynamic_hdr(const AVStream& stream, const AVFrame& first);

} // namespace oldfilm::media
