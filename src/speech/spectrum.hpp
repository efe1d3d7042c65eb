#pragma once
/// \file
/// What the spectral detector hears in a moment.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace oldfilm::speech {

/// Bands of equal width for the ear (mel), from 150 to 3800 Hz: what telephones, and optical sound,
/// leave of speech.
constexpr std::size_t bands = 24;

/// Of one step of 32 ms.
struct Moment {
    std::array<float, bands> levels{}; ///< dB
    /// Correlation of the fine structure of its spectrum with that of 96 ms before: near 1 where
    /// tones are held, near 0 for noise, little for a voice, whose pitch glides.
    float held = 0;
};

/// Moments of steps of 512 samples at 16 kHz, one after the other.
class Spectrum {
  public:
    Spectrum();
    /// `samples`: whole steps.
    [[nodiscard]] std::vector<Moment> operator()(std::span<const float> samples);

  private:
    std::vector<float> before_; ///< the last samples, which the next moments look back at
};

} // namespace oldfilm::speech
