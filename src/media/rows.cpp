#include "media/rows.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <type_traits>

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

void quantize_row(const float* values, int count, float scale, float offset, float top, int bytes,
                  std::uint8_t* row) {
    const auto write = [&](auto* samples) {
        using Sample = std::remove_reference_t<decltype(*samples)>;
        for (int x = 0; x < count; ++x) {
            // NaN becomes 0: the comparison is false.
            const float sample = values[x] * scale + offset;
            const float within = sample > 0 ? std::min(sample, top) : 0.0F;
            samples[x] = static_cast<Sample>(static_cast<int>(within + 0.5F));
        }
    };
    if (bytes == 1) {
        write(row);
    } else {
        write(reinterpret_cast<std::uint16_t*>(row));
    }
}

void difference_row(const float* red, const float* green, const float* blue, int count,
                    const LumaCoefficients& luma, float* y, float* cb, float* cr) {
    for (int x = 0; x < count; ++x) {
        y[x] = luma.kr * red[x] + luma.kg * green[x] + luma.kb * blue[x];
        cb[x] = (blue[x] - y[x]) * luma.cb;
        cr[x] = (red[x] - y[x]) * luma.cr;
    }
}

std::vector<float> narrowing(int factor, double phase) {
    std::vector<float> weights;
    if (phase != 0) {
        const double middle = (factor - 1) / 2.0;
        const double spread = factor * (factor * factor - 1) / 12.0; // of places around the middle
        for (int k = 0; k < factor; ++k) {
            weights.push_back(
                static_cast<float>(1.0 / factor + (phase - middle) / spread * (k - middle)));
        }
        return weights;
    }
    for (int k = 1 - factor; k < factor; ++k) {
        weights.push_back(static_cast<float>(factor - std::abs(k)) /
                          static_cast<float>(factor * factor));
    }
    return weights;
}

void narrow_row(const float* row, int count, int factor, const std::vector<float>& weights,
                float* out) {
    const bool cosited = weights.size() > static_cast<std::size_t>(factor);
    const float* from = cosited ? row - (factor - 1) : row;
    std::fill(out, out + count, 0.0F);
    for (std::size_t k = 0; k < weights.size(); ++k) {
        for (int x = 0; x < count; ++x) {
            out[x] +=
                weights[k] * from[std::ptrdiff_t{x} * factor + static_cast<std::ptrdiff_t>(k)];
        }
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

void color_row(const float* luma, const float* cb, const float* cr, int count, const Matrix& matrix,
               float* red, float* green, float* blue) {
    for (int x = 0; x < count; ++x) {
        red[x] = luma[x] + matrix.red_cr * cr[x];
        green[x] = luma[x] + matrix.green_cb * cb[x] + matrix.green_cr * cr[x];
        blue[x] = luma[x] + matrix.blue_cb * cb[x];
    }
}

} // namespace oldfilm::media
