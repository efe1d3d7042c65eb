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

/// What muxers are allowed, everywhere: y4m of more than 8 bits, nothing experimental.
constexpr int muxer_compliance = FF_COMPLIANCE_UNOFFICIAL;

/// Whether `format` takes `stream`: its muxer writes a header, `packets`, and an end, and what was
/// written is read back as the same codec. Without packets the header alone is tried.
[[nodiscard]] bool muxes(const AVOutputFormat& format, const AVStream& stream,
                         const Packets& packets);
/// Whether it takes what `encoder` makes.
[[nodiscard]] bool muxes(const AVOutputFormat& format, const AVCodecContext& encoder);

} // namespace oldfilm::media
