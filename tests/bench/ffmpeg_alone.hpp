#pragma once
/// \file
/// FFmpeg's own share of a restoration: decoding a file, and encoding frames, each with nothing
/// else.

extern "C" {
#include <libavcodec/avcodec.h>
}

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bench {

struct FreeFrame {
    void operator()(AVFrame* frame) const noexcept { av_frame_free(&frame); }
};
using UniqueFrame = std::unique_ptr<AVFrame, FreeFrame>;

/// Opens `path`, decodes all of its first video and keeps nothing. Seconds.
double decode_alone(const std::string& path);

/// All frames of the first video, as decoded. Throws `std::runtime_error`.
std::vector<UniqueFrame> decoded_frames(const std::string& path);

struct Encoded {
    double seconds = 0;
    std::int64_t bytes = 0; ///< of all packets
};
/// Encodes frames as the file `like` was encoded by oldfilm's writer (H.264 by libx264, its default
/// quality); the packets go nowhere. Times are as in `like`.
Encoded encode_alone(const std::vector<UniqueFrame>& frames, const std::string& like);

/// Bytes of all packets of a file's first video.
std::int64_t packet_bytes(const std::string& path);

} // namespace bench
