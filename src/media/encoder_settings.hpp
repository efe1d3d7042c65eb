#pragma once
/// \file
/// What encoders are told before they are opened.

#include "media/codec_choice.hpp"
#include "media/ffmpeg.hpp"
#include "media/hdr.hpp"

#include <oldfilm/media.hpp>

namespace oldfilm::media {

/// Quality, speed and structure.
void set_quality(AVCodecContext& codec, const Choice& choice, const WriteOptions& options);

/// Encoders of FFmpeg 5 and 6 don't all look at frames' own HDR metadata; they know parameters.
void set_hdr(AVCodecContext& codec, const Choice& choice, const Hdr& hdr);

} // namespace oldfilm::media
