#pragma once
/// \file
/// The frame rates that a file names.

#include "media/decoder.hpp"

#include <oldfilm/time.hpp>

namespace oldfilm::media {

/// The nominal rate, or 0 when the container's two opinions differ, as they do for variable rates.
/// A raw stream has no times and thus no opinions: the rate that is coded in it counts.
[[nodiscard]] Rational nominal_rate(const Decoder& decoder);

/// Of a film that is brought to its frame rate by repeated fields: of ten fields two are repeats.
[[nodiscard]] Rational film_rate(const AVCodecContext& codec, const Rational& nominal);

} // namespace oldfilm::media
