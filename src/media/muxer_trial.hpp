#pragma once
/// \file
/// Whether a container holds a stream, found by putting it into one in memory.

#include "media/ffmpeg.hpp"

#include <map>
#include <vector>

namespace oldfilm::media {

using Packets = std::vector<UniquePacket>;

/// The first packets of each sound stream of the film at `path`, as many as are among the film's
/// first ones.
std::map<int, Packets> first_sound(const std::string& path, const ReadOptions& read);

/// What muxers are allowed: y4m of more than 8 bits, and nothing experimental but FLAC in MP4,
/// which has been specified since and FFmpeg 5.1 still calls so.
constexpr int muxer_compliance(AVCodecID codec) {
    return codec == AV_CODEC_ID_FLAC ? FF_COMPLIANCE_EXPERIMENTAL : FF_COMPLIANCE_UNOFFICIAL;
}

/// Whether `format` takes `stream`: its muxer writes a header, `packets`, and an end, and what was
/// written is read back as the same codec, sound as long as it was. Without packets the header
/// alone is tried.
[[nodiscard]] bool muxes(const AVOutputFormat& format, const AVStream& stream,
                         const Packets& packets);
/// Whether it takes what `encoder` makes.
[[nodiscard]] bool muxes(const AVOutputFormat& format, const AVCodecContext& encoder);

/// Whether packets come back earlier than they were written. FFmpeg 5.1's Matroska muxer says of
/// Opus how much of its beginning isn't heard, which demuxers subtract from times, and does not add
/// that.
[[nodiscard]] bool loses_padding(const AVOutputFormat& format, const AVStream& stream);

} // namespace oldfilm::media
