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
void colour_row(const float* luma, const float* cb, const float* cr, int count,
                const Matrix& matrix, float* red, float* green, float* blue);

} // namespace oldfilm::media
