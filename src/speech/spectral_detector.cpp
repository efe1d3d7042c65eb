#include "speech/spectral_detector.hpp"

#include "speech/spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace oldfilm::speech {
namespace {

// Measured on generated speech, music and noise; see docs/transcribe.md.
/// Over the noise, in dB, on average of the bands; noise itself reaches 0.6.
constexpr double least_excess = 2.0, excess_softness = 0.3;
/// Standard deviation of the level over a second, in dB; that of noise is less.
constexpr double least_change = 1.8, change_softness = 0.2;
/// Correlation over 96 ms of what is heard within a second; speech has 0.25, music 0.6 and more.
constexpr double most_held = 0.45, held_softness = 0.04;

/// Steps on each side: half a second, and four seconds.
constexpr std::int64_t near = 16, far = 125;
/// Noise is the level that this part of a band's moments lies below.
constexpr double quiet_part = 0.1;
constexpr float above_noise = 3; ///< dB, that single moments of noise reach

double sigmoid(double value) {
    return 1 / (1 + std::exp(-value));
}

/// Mean of the values up to `reach` away.
std::vector<double> smoothed(const std::vector<double>& values, std::int64_t reach) {
    std::vector<double> made(values.size());
    for (std::int64_t i = 0; i < std::ssize(values); ++i) {
        const auto first = values.begin() + std::max<std::int64_t>(i - reach, 0);
        const auto last = values.begin() + std::min(i + reach + 1, std::ssize(values));
        made[static_cast<std::size_t>(i)] =
            std::accumulate(first, last, 0.0) / static_cast<double>(last - first);
    }
    return made;
}

class Spectral final : public SpeechDetector {
  public:
    void add(std::span<const float> samples) override {
        std::vector<float> whole(samples.begin(), samples.end());
        whole.resize((whole.size() + step - 1) / step * step); // silence at the end
        if (!whole.empty()) {
            const std::vector<Moment> heard = spectrum_(whole);
            moments_.insert(moments_.end(), heard.begin(), heard.end());
        }
    }

    std::vector<float> probabilities() override {
        const std::vector<double> loud = excess();
        const std::vector<double> excess = smoothed(loud, 2);
        std::vector<float> made;
        for (std::int64_t i = 0; i < std::ssize(moments_); ++i) {
            made.push_back(static_cast<float>(
                sigmoid((excess[static_cast<std::size_t>(i)] - least_excess) / excess_softness) *
                sigmoid((change_around(i) - least_change) / change_softness) *
                sigmoid((most_held - held_around(i, loud)) / held_softness)));
        }
        return made;
    }

  private:
    /// Level over the noise of its surroundings, mean of the bands.
    [[nodiscard]] std::vector<double> excess() const {
        std::vector<double> sum(moments_.size());
        for (std::size_t band = 0; band < bands; ++band) {
            const std::vector<double> levels = levels_of(band);
            const std::vector<double> steady = smoothed(levels, 1);
            double noise = 0;
            for (std::int64_t i = 0; i < std::ssize(levels); ++i) {
                if (i % near == 0) { // it changes slowly
                    noise = noise_around(steady, i);
                }
                sum[static_cast<std::size_t>(i)] +=
                    std::max(levels[static_cast<std::size_t>(i)] - noise - above_noise, 0.0) /
                    static_cast<double>(bands);
            }
        }
        return sum;
    }

    [[nodiscard]] std::vector<double> levels_of(std::size_t band) const {
        std::vector<double> levels(moments_.size());
        std::transform(moments_.begin(), moments_.end(), levels.begin(),
                       [band](const Moment& moment) { return moment.levels[band]; });
        return levels;
    }

    static double noise_around(const std::vector<double>& levels, std::int64_t at) {
        const auto first = levels.begin() + std::max<std::int64_t>(at - far, 0);
        const auto last = levels.begin() + std::min(at + far + 1, std::ssize(levels));
        std::vector<double> window(first, last);
        const auto quiet = window.begin() + static_cast<std::ptrdiff_t>(
                                                quiet_part * static_cast<double>(window.size()));
        std::nth_element(window.begin(), quiet, window.end());
        return *quiet;
    }

    /// Standard deviation of the level within half a second.
    [[nodiscard]] double change_around(std::int64_t at) const {
        double sum = 0;
        double squares = 0;
        const std::int64_t first = std::max<std::int64_t>(at - near, 0);
        const std::int64_t last = std::min(at + near + 1, std::ssize(moments_));
        for (std::int64_t i = first; i < last; ++i) {
            const auto& levels = moments_[static_cast<std::size_t>(i)].levels;
            const double level =
                std::accumulate(levels.begin(), levels.end(), 0.0) / static_cast<double>(bands);
            sum += level;
            squares += level * level;
        }
        const auto count = static_cast<double>(last - first);
        return std::sqrt(std::max(squares / count - sum / count * (sum / count), 0.0));
    }

    /// Mean correlation of what is over the noise.
    [[nodiscard]] double held_around(std::int64_t at, const std::vector<double>& loud) const {
        double sum = 0;
        double count = 0;
        const std::int64_t last = std::min(at + near + 1, std::ssize(moments_));
        for (std::int64_t i = std::max<std::int64_t>(at - near, 0); i < last; ++i) {
            if (loud[static_cast<std::size_t>(i)] > least_excess) {
                sum += moments_[static_cast<std::size_t>(i)].held;
                ++count;
            }
        }
        return count > 0 ? sum / count : 0;
    }

    Spectrum spectrum_;
    std::vector<Moment> moments_;
};

} // namespace

std::unique_ptr<SpeechDetector> make_spectral_detector() {
    return std::make_unique<Spectral>();
}

} // namespace oldfilm::speech
