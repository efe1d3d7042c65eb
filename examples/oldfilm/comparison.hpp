#pragma once
/// \file
/// Two films side by side, measured frame by frame.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace cli {

/// One pair of frames.
struct PairFigures {
    std::int64_t frame = 0; ///< number in film A
    double time = 0;        ///< seconds
    double psnr = 0, ssim = 0;
    double brightness_a = 0, brightness_b = 0; ///< mean luma, in 8-bit levels
};

/// A pair that is kept to be looked at: 8-bit pictures, C x H x W, B at A's size.
struct PairPictures {
    PairFigures figures;
    at::Tensor a, b;
};

struct Comparison {
    std::string a, b;
    std::vector<PairFigures> pairs;
    std::int64_t frames_a = 0, frames_b = 0;
    double psnr = 0; ///< of the mean squared difference over all pairs, dB
    double ssim = 0; ///< mean
    /// Mean change of brightness from one frame to the next, in 8-bit levels; cuts left out.
    double flicker_a = 0, flicker_b = 0;
    std::vector<std::string> notes;     ///< what was done to make the two comparable
    std::vector<PairPictures> pictures; ///< some, evenly spread, and the worst pair last
    [[nodiscard]] std::string to_json() const;
};

/// Pairs frames by number, or by time when the films run at different rates. Another size of B is
/// resized to A's. Throws `oldfilm::Error` as `Reader` does, and (cancelled) on request.
Comparison compare_films(const std::string& a, const std::string& b, bool keep_pictures,
                         const std::stop_token& stop);

/// A page that stands alone: figures, curves, pictures embedded.
std::string report_html(const Comparison& comparison);

} // namespace cli
