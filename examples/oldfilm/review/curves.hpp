#pragma once
/// \file
/// Figures of each frame of a shot.

#include "film.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace cli::review {

/// A value for each frame.
struct FilmCurves {
    std::vector<double> exposure; ///< mean of luma, in [0, 1]
    std::vector<double> flicker;  ///< how far exposure is from the mean of both neighbors'
    /// How far the whole picture moved from the frame before, in pixels of a frame, by phase
    /// correlation (OpenCV). Movements of the camera count, too.
    std::vector<double> weave;
};

/// Of frames `number(first)` to `number(last)` of `film`. Throws `oldfilm::Error` as `Film::frame`
/// does.
FilmCurves curves_of(Film& film, std::int64_t first, std::int64_t last,
                     const std::function<std::int64_t(std::int64_t)>& number);

} // namespace cli::review
