#include "speech/spectrum.hpp"

#include <ATen/ATen.h>

#include <cmath>

namespace oldfilm::speech {
namespace {

constexpr std::int64_t step = 512, window = 1024;
constexpr double bin_width = 16'000.0 / window;
constexpr double lowest = 150, highest = 3800;
/// Steps between the spectra that are compared.
constexpr std::int64_t apart = 3;
constexpr std::int64_t looked_back = window - step + apart * step;
/// Bins of 100 to 4000 Hz, and how many the envelope is averaged over: wider than a voice's
/// harmonics are apart.
constexpr std::int64_t first_bin = 6, last_bin = 257, envelope = 15;

double mel(double hertz) {
    return 2595 * std::log10(1 + hertz / 700);
}

double hertz(double mel) {
    return 700 * (std::pow(10, mel / 2595) - 1);
}

/// Bins x bands: the mean of the bins in each.
at::Tensor band_weights() {
    const double low = mel(lowest);
    const double each = (mel(highest) - low) / static_cast<double>(bands);
    at::Tensor weights = at::zeros({window / 2 + 1, static_cast<std::int64_t>(bands)});
    for (std::int64_t band = 0; band < static_cast<std::int64_t>(bands); ++band) {
        const double begin = hertz(low + each * static_cast<double>(band));
        const double end = hertz(low + each * static_cast<double>(band + 1));
        const auto from = static_cast<std::int64_t>(std::ceil(begin / bin_width));
        const auto to = std::max(static_cast<std::int64_t>(std::ceil(end / bin_width)), from + 1);
        weights.slice(0, from, to).select(1, band).fill_(1.0 / static_cast<double>(to - from));
    }
    return weights;
}

/// Rows of spectra without their envelopes, of length 1.
at::Tensor fine_structure(const at::Tensor& power) {
    const at::Tensor logs = (power.slice(1, first_bin, last_bin) + 1e-9).log();
    const at::Tensor smooth =
        at::avg_pool1d(logs.unsqueeze(1), {envelope}, {1}, {envelope / 2}, false, false).squeeze(1);
    const at::Tensor fine = (logs - smooth).slice(1, envelope / 2, -(envelope / 2));
    return fine / (fine.norm(2, 1, true) + 1e-6);
}

} // namespace

Spectrum::Spectrum() : before_(static_cast<std::size_t>(looked_back), 0.0F) {}

std::vector<Moment> Spectrum::operator()(std::span<const float> samples) {
    std::vector<float> all = before_;
    all.insert(all.end(), samples.begin(), samples.end());
    before_.assign(all.end() - looked_back, all.end());
    const at::Tensor sound = at::from_blob(all.data(), {static_cast<std::int64_t>(all.size())});
    const at::Tensor spectra =
        at::fft_rfft(sound.unfold(0, window, step) * at::hann_window(window));
    const at::Tensor power = at::abs(spectra).square() / static_cast<double>(window);
    const at::Tensor levels =
        ((power.slice(0, apart).matmul(band_weights()) + 1e-9).log10() * 10).contiguous();
    const at::Tensor fine = fine_structure(power);
    const at::Tensor held = (fine.slice(0, apart) * fine.slice(0, 0, -apart)).sum(1).contiguous();
    std::vector<Moment> moments(static_cast<std::size_t>(levels.size(0)));
    for (std::size_t i = 0; i < moments.size(); ++i) {
        std::copy_n(levels.const_data_ptr<float>() + i * bands, bands, moments[i].levels.begin());
        moments[i].held = held.const_data_ptr<float>()[i];
    }
    return moments;
}

} // namespace oldfilm::speech
