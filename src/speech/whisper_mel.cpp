#include "speech/whisper_mel.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace oldfilm::speech {
namespace {

constexpr std::int64_t sample_rate = 16'000;
constexpr std::int64_t fourier_size = 400;
constexpr std::int64_t silence_at_end = 30 * sample_rate;

// Slaney's scale: linear up to 1 kHz, logarithmic above.
constexpr double linear_step = 200.0 / 3;
constexpr double break_hertz = 1000;
constexpr double break_mel = break_hertz / linear_step;
const double log_step = std::log(6.4) / 27;

double hertz_of(double mel) {
    return mel < break_mel ? mel * linear_step
                           : break_hertz * std::exp(log_step * (mel - break_mel));
}

/// Where the triangles begin, peak and end: `bins` + 2 frequencies up to half the sample rate.
std::vector<double> corners(std::int64_t bins) {
    const double highest = break_mel + std::log(sample_rate / 2.0 / break_hertz) / log_step;
    const double spacing = highest / static_cast<double>(bins + 1);
    std::vector<double> made;
    for (std::int64_t i = 0; i < bins + 2; ++i) {
        made.push_back(hertz_of(spacing * static_cast<double>(i)));
    }
    return made;
}

} // namespace

at::Tensor whisper_mel_filters(std::int64_t bins) {
    constexpr std::int64_t frequencies = fourier_size / 2 + 1;
    const std::vector<double> corner = corners(bins);
    at::Tensor filters = at::zeros({bins, frequencies});
    float* weights = filters.mutable_data_ptr<float>();
    for (std::size_t bin = 0; bin < static_cast<std::size_t>(bins); ++bin) {
        const double area = 2 / (corner[bin + 2] - corner[bin]);
        for (std::int64_t i = 0; i < frequencies; ++i) {
            const double hertz = static_cast<double>(i * sample_rate) / fourier_size;
            const double rising = (hertz - corner[bin]) / (corner[bin + 1] - corner[bin]);
            const double falling = (corner[bin + 2] - hertz) / (corner[bin + 2] - corner[bin + 1]);
            const auto triangle = static_cast<float>(std::max(0.0, std::min(rising, falling)));
            *weights++ = static_cast<float>(area * triangle); // rounded twice, as librosa's
        }
    }
    return filters;
}

at::Tensor whisper_log_mel(std::span<const float> samples, std::int64_t bins) {
    at::Tensor sound = at::zeros({static_cast<std::int64_t>(samples.size()) + silence_at_end});
    std::copy(samples.begin(), samples.end(), sound.mutable_data_ptr<float>());
    const at::Tensor spectrum =
        at::stft(sound, fourier_size, whisper_hop, fourier_size, at::hann_window(fourier_size),
                 /*center=*/true, "reflect", /*normalized=*/false, /*onesided=*/true,
                 /*return_complex=*/true);
    const at::Tensor power = spectrum.slice(1, 0, -1).abs().square();
    const at::Tensor logs = whisper_mel_filters(bins).matmul(power).clamp_min(1e-10).log10();
    return (at::maximum(logs, logs.max() - 8.0) + 4.0) / 4.0;
}

} // namespace oldfilm::speech
