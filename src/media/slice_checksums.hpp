#pragma once
/// \file
/// The checksums of FFV1's slices (RFC 9043, 4.9, Slice Footer).

#include "media/ffmpeg.hpp"

namespace oldfilm::media {

/// FFmpeg's decoder shows the last frame's picture where a slice's checksum is wrong, and says so
/// in its log alone. One thread at a time.
class SliceChecksums {
  public:
    explicit SliceChecksums(const AVCodecParameters& codec);
    /// Whether the packet's slices are not what was written. False where they have no checksums,
    /// and until a first packet has shown that they have.
    bool are_wrong(const AVPacket& packet);

  private:
    bool may_have_; ///< version 3 of the format, or later
    bool has_ = false;
};

} // namespace oldfilm::media
