#pragma once
/// \file
/// Streams whose clock jumps, as transport streams do where a tape or a broadcast was spliced.

#include "media/ffmpeg.hpp"

#include <cstdint>
#include <map>

namespace oldfilm::media {

/// Moves packets so that each stream goes on after a jump of the clock. All streams are moved
/// alike, and all who read the same packets from the start move them alike. Only containers that
/// FFmpeg knows to jump (AVFMT_TS_DISCONT).
class Continuity {
  public:
    explicit Continuity(const AVFormatContext& input);
    /// The next packet of the file, of any stream. Whether the clock jumped here.
    bool apply(AVPacket& packet);

  private:
    const AVFormatContext& input_;
    bool can_jump_;
    std::int64_t shift_ = 0; ///< microseconds
    std::map<int, std::int64_t> next_,
        last_; ///< by stream: decoding time that should come, and that came
};

} // namespace oldfilm::media
