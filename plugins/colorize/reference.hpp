#pragma once
/// \file
/// The palette of a reference picture, given to the frames of a film.

#include "steady.hpp"

#include <string>

namespace oldfilm::stages {

/// Reads a picture as 1 x 3 x H x W in [0, 1], sRGB, its short side at most `side`. Throws
/// `sdk::Failure` when it cannot be read, or when the build has no reader of pictures (no OpenCV).
at::Tensor read_picture(const std::string& path, std::int64_t side);

/// Mean and spread of color for each of nine steps of lightness.
struct Palette {
    at::Tensor mean;   ///< 9 x 2
    at::Tensor spread; ///< 2, standard deviation about the means
};
Palette palette(const SmallFrame& frame);

/// `frame.ab` moved and stretched so that colors of each lightness lie where the reference's do
/// (statistics of color as in Reinhard et al., 2001; by lightness as in Welsh et al., 2002).
at::Tensor transferred(const SmallFrame& frame, const Palette& reference);

} // namespace oldfilm::stages
