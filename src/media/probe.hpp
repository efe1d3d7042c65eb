#pragma once
/// \file
/// Looks into a film ahead of reading it.

#include "media/ffmpeg.hpp"

#include <oldfilm/media.hpp>

#include <string>

namespace oldfilm::media {

/// Whether frames spread over the whole film have any color. A film that fades in from black, or
/// opens with a gray title, would be taken for monochrome by its first frames. False where the film
/// cannot be read twice (standard input) or does not say how long it is.
bool color_later(const std::string& path, const ReadOptions& read, const Rational& duration);

/// When the film begins on its container's clock, in seconds: with the first of its pictures and
/// sounds. A transport stream's clock, say, starts anywhere. Sound that precedes a film from 0 on
/// (an encoder's delay) moves nothing.
Rational film_start(const AVFormatContext& input, const AVStream& video);

/// When the film's last frame ends, in seconds of the container's clock, as the file announces; 0
/// where it does not, or where other streams may be meant.
Rational announced_end(const AVFormatContext& input, const AVStream& stream);

} // namespace oldfilm::media
