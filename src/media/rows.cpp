#include "media/rows.hpp"

#include <algorithm>
#include <cmath>

namespace oldfilm::media {
namespace {

template <class Sample>
void scale(const Sample* row, int count, Scaling scaling, float* values) {
    for (int x = 0; x < count; ++x) {
        values[x] = (static_cast<float>(row[x]) - scaling.offset) * scaling.inverse;
    }
}

} // namespace

void scale_row(const std::uint8_t* row, int bytes, int count, Scaling scaling, float* values) {
    if (bytes == 1) {
        scale(row, count, scaling, values);
    } else {
        scale(reinterpret_cast<const std::uint16_t*>(row), count, scaling, values);
    }
}

Taps::Taps(int size, int samples, int factor, double phase) {
    for (int x = 0; x < size; ++x) {
        const double place =
            std::clamp((x - phase) / factor, 0.0, static_cast<double>(samples - 1));
        const double below = std::floor(place);
        first.push_back(static_cast<int>(below));
        second.push_back(std::min(first.back() + 1, samples - 1));
        weight.push_back(static_cast<float>(place - below));
    }
}

void interpolate_row(const float* row, const Taps& taps, float* out) {
    const std::size_t count = taps.first.size();
    for (std::size_t x = 0; x < count; ++x) {
        const float a = row[taps.first[x]];
        out[x] = a + taps.weight[x] * (row[taps.second[x]] - a);
    }
}

void colour_row(const float* luma, const float* cb, const float* cr, int count,
                const Matrix& matrix, float* red, float* green, float* blue) {
    for (int x = 0; x < count; ++x) {
        red[x] = luma[x] + matrix.red_cr * cr[x];
        green[x] = luma[x] + matrix.green_cb * cb[x] + matrix.green_cr * cr[x];
        blue[x] = luma[x] + matrix.blue_cb * cb[x];
    }
}

} // namespace oldfilm::media
