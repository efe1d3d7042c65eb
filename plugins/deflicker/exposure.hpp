#pragma once
/// \file
/// How one frame was exposed compared with another: a straight line of tones whose gain may lean
/// over the picture. Estimated between neighbors, where nearly everything else is the same, and
/// chained from there.

#include <array>
#include <cstddef>
#include <vector>

namespace oldfilm::stages {

/// Tone v at (x, y), both in [-1, 1] over the picture, becomes
/// v (gain + lean_x x + lean_y y) + offset.
struct Exposure {
    double gain = 1, offset = 0, lean_x = 0, lean_y = 0;

    static constexpr std::size_t size = 4;
    [[nodiscard]] std::array<double, size> values() const { return {gain, offset, lean_x, lean_y}; }
    /// First this, then `next`. Products of two leans, which are small, are left out.
    [[nodiscard]] Exposure then(const Exposure& next) const;
    [[nodiscard]] Exposure inverse() const;
    /// Largest change of any tone in [0, 1] anywhere in the picture.
    [[nodiscard]] double largest_change() const;
};

/// A frame's tones, much reduced: means of areas, row by row, in [0, 1].
struct Thumbnail {
    std::size_t rows = 0, columns = 0;
    std::vector<float> tones;
};

/// An exposure and how well it is known: standard errors, that of the level being the mean tone's.
struct Estimate {
    Exposure exposure;
    /// Whether enough areas say something; black and burnt out ones don't. Nothing is known of the
    /// rest otherwise.
    bool is_known = false;
    double tone = 0.5; ///< mean of the tones that were compared
    double gain_error = 0, level_error = 0, lean_x_error = 0, lean_y_error = 0;
};

/// What turns `from`'s tones into `to`'s. Areas where something moved are outvoted (iteratively
/// reweighted, Tukey's biweight). Thumbnails have one size.
Estimate compare(const Thumbnail& from, const Thumbnail& to);

/// `e` less what grain alone may have feigned: each part shrinks by (error / part)^2, and is gone
/// within three standard errors (the positive-part estimator of James and Stein, 1961).
Exposure beyond_doubt(const Exposure& e, const Estimate& errors);

} // namespace oldfilm::stages
