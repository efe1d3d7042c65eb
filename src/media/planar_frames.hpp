#pragma once
/// \file
/// Decoded frames as pictures are made of them: planar, in a format that is read directly.

#include "media/ffmpeg.hpp"

#include <oldfilm/log.hpp>

#include <string>

namespace oldfilm::media {

/// Brings the frames of one film, all of one size and format, into a direct format (formats.hpp).
/// One thread at a time.
class PlanarFrames {
  public:
    /// `path` and `log` are for messages.
    PlanarFrames(const std::string& path, Log log) : path_(path), log_(std::move(log)) {}

    /// The transparency of a picture is no matter of its planes (transparency.hpp).
    void set_picture(bool is_picture) noexcept { is_picture_ = is_picture; }

    /// The frame in a direct format: its own, or by swscale one that holds all of it with the same
    /// matrix and range. Throws `Error` (unsupported).
    UniqueFrame convert(UniqueFrame frame);

  private:
    UniqueFrame scaled(const AVFrame& frame);

    const std::string& path_;
    Log log_;
    UniqueSws sws_;
    AVPixelFormat direct_ = AV_PIX_FMT_NONE;
    bool is_picture_ = false;
};

} // namespace oldfilm::media
