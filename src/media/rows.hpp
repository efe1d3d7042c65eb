#pragma once
/// \file
/// Y'CbCr rows to R, G, B in one pass over memory, for samples that lie on the CPU: a film is read
/// once, and ten passes of tensor operations would cost more than its decoding.

#include <cstdint>
#include <vector>

namespace oldfilm::media {

/// value = (sample - offset) * inverse.
struct Scaling {
    float offset, inverse;
};

/// One row of unsigned samples of 1 or 2 bytes as values.
void scale_row(const std::uint8_t* row, int bytes, int count, Scaling scaling, float* values);

/// Where the chroma of each luma place of an axis comes from: between two samples, linearly.
struct Taps {
    std::vector<int> first, second;
    std::vector<float> weight; ///< of `second`
    /// `factor` luma places a sample, sample 0 at place `phase` (H.273's siting).
    Taps(int size, int samples, int factor, double phase);
};

/// out[x] = row[first[x]] + weight[x] * (row[second[x]] - row[first[x]]).
void interpolate_row(const float* row, const Taps& taps, float* out);

/// What the matrix adds to luma.
struct Matrix {
    float red_cr, green_cb, green_cr, blue_cb;
};
void color_row(const float* luma, const float* cb, const float* cr, int count, const Matrix& matrix,
               float* red, float* green, float* blue);

/// Values as samples of `bytes` bytes, rounded to nearest (halves up), within 0 and `top`.
void quantize_row(const float* values, int count, float scale, float offset, float top, int bytes,
                  std::uint8_t* row);

/// Luma of R, G, B, and both color differences (each divided so that it spans -0.5 to 0.5).
struct LumaCoefficients {
    float kr, kg, kb, cb, cr;
};
void difference_row(const float* red, const float* green, const float* blue, int count,
                    const LumaCoefficients& luma, float* y, float* cb, float* cr);

/// What a subsampled sample takes of places around its first one: a triangle where it lies on that
/// place (`phase` is 0), else of those that it lies between so that `phase` is their center (their
/// mean where it lies in the middle). `factor` places a sample.
std::vector<float> narrowing(int factor, double phase);
/// Weights from place -(factor - 1) for a triangle, from place 0 for a mean; `row` may be read up
/// to `factor` places beyond both ends.
void narrow_row(const float* row, int count, int factor, const std::vector<float>& weights,
                float* out);

} // namespace oldfilm::media
