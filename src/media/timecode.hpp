#pragma once
/// \file
/// The film's timecode (SMPTE ST 12-1), as the output has to show it.

#include "media/ffmpeg.hpp"

#include <functional>
#include <string>

namespace oldfilm::media {

/// The timecode of the film's first frame as the source's metadata have it ("01:00:00;00"); empty
/// where there is none.
[[nodiscard]] std::string timecode_of(const AVFormatContext& input, const AVStream& film);

/// `timecode`, which counts frames at `from` a second, `frames` later, in frames at `to` a second.
/// Hours, minutes and seconds stay, and within the second the frame is the one that is seen then.
/// Drop-frame (";") stays where `to` is 30000/1001 or 60000/1001. `log` receives what cannot be
/// carried over; empty where there is none then.
[[nodiscard]] std::string converted_timecode(const std::string& timecode, const Rational& from,
                                             std::int64_t frames, const Rational& to,
                                             const Log& log);

} // namespace oldfilm::media
