#pragma once
/// \file
/// How many frames come of one.

#include <oldfilm/pipeline.hpp>
#include <oldfilm/time.hpp>

namespace oldfilm {

/// Frames of `out` for each frame of `in`, of which it was made: by their rates, or where times are
/// irregular by how many each became.
inline Rational frames_ratio(const StreamFormat& in, const StreamFormat& out) {
    return in.rate.num() > 0 && out.rate.num() > 0 ? out.rate / in.rate
                                                   : out.frames_each / in.frames_each;
}

} // namespace oldfilm
