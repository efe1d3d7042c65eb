#pragma once
/// \file
/// Which encoder and which samples an output gets.

#include "media/ffmpeg.hpp"

#include <oldfilm/media.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace oldfilm::media {

class Transparency;

struct Choice {
    std::string name; ///< as users say it: h264, ffv1, png ...
    const AVCodec* encoder = nullptr;
    AVPixelFormat planes = AV_PIX_FMT_NONE; ///< what we make
    AVPixelFormat coded =
        AV_PIX_FMT_NONE;        ///< what the encoder takes; swscale only reorders samples between
    bool on_gpu = false;        ///< a GPU's encoder: takes `coded` in its own memory, too
    bool picture_files = false; ///< each frame is a file
    std::string muxer;          ///< empty: by the path's extension
    /// Of a picture, which `coded` then has in addition to the samples of `opaque`; null: there is
    /// none, or the output cannot have it.
    std::shared_ptr<const Transparency> transparency;
    AVPixelFormat opaque = AV_PIX_FMT_NONE;
};

/// `source_format`: pixel format of the film that is restored; empty where there is none. Throws
/// `Error`: invalid_argument (no such codec), unsupported (an odd size where 4:2:0 was asked for,
/// an encoder that this FFmpeg lacks).
Choice choose_codec(const std::string& path, const WriteOptions& options,
                    const std::string& source_format = "");

/// What the choice changes of the source's samples (chroma, RGB or YUV, bits), in one sentence;
/// empty where it changes nothing.
std::string samples_change(const MediaInfo& source, const Choice& choice,
                           const WriteOptions& options);

/// Bytes that such an encoder holds at work, about: frames that it looks ahead, and its packets.
std::int64_t encoder_bytes(const Choice& choice, const WriteOptions& options);

} // namespace oldfilm::media
