#include "analysis/damage.hpp"

#include "analysis/median.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <span>
#include <utility>

namespace oldfilm::analysis {
namespace {

/// Of the frame on each side, what exposure and position are not measured in: part of its length.
constexpr double outside = 0.15;
/// Half the length of the mean that is taken out of a profile.
constexpr std::size_t slow = 15;
/// Of a shift between frames, in pixels.
constexpr std::ptrdiff_t longest_shift = 8;
/// Correlation of two profiles below which no shift is known.
constexpr double least_match = 0.7;
/// A mean luma below is black.
constexpr double least_mean = 0.02;
/// Dust and scratches are searched in so many first frames, then in the first ones of so many.
constexpr std::int64_t sampled_first = 8, sampled_of = 25, sampled = 3;
/// At most so many columns wide.
constexpr std::int64_t widest = 960;

/// Takes out of `profile` what changes slowly along it.
void sharpen(std::vector<float>& profile) {
    std::vector<double> sums(profile.size() + 1, 0);
    std::partial_sum(profile.begin(), profile.end(), sums.begin() + 1, std::plus<double>());
    for (std::size_t i = 0; i < profile.size(); ++i) {
        const std::size_t from = i < slow ? 0 : i - slow;
        const std::size_t to = std::min(i + slow + 1, profile.size());
        profile[i] -= static_cast<float>((sums[to] - sums[from]) / static_cast<double>(to - from));
    }
}

/// Correlation of `a` with `b` shifted by `shift`; 0 for even profiles.
double correlation(std::span<const float> a, std::span<const float> b, std::ptrdiff_t shift) {
    double product = 0;
    double energy_a = 1e-12;
    double energy_b = 1e-12;
    const auto length = static_cast<std::ptrdiff_t>(a.size()) - longest_shift;
    for (std::ptrdiff_t i = longest_shift; i < length; ++i) {
        const auto here = static_cast<double>(a[static_cast<std::size_t>(i)]);
        const auto there = static_cast<double>(b[static_cast<std::size_t>(i + shift)]);
        product += here * there;
        energy_a += here * here;
        energy_b += there * there;
    }
    return product / std::sqrt(energy_a * energy_b);
}

/// By how much `b` is shifted against `a`, to a part of a pixel (integral projections; Ratakonda,
/// "Real-time digital video stabilization for multi-media applications", 1998).
std::optional<double> shift_of(std::span<const float> a, std::span<const float> b) {
    if (a.size() != b.size() || a.size() < 4 * longest_shift) {
        return std::nullopt;
    }
    std::vector<double> fits;
    for (std::ptrdiff_t shift = -longest_shift; shift <= longest_shift; ++shift) {
        fits.push_back(correlation(a, b, shift));
    }
    const auto best = std::ranges::max_element(fits);
    if (best == fits.begin() || best + 1 == fits.end() || *best < least_match) {
        return std::nullopt;
    }
    // The top of the parabola through the best one and its neighbors.
    const double bend = best[-1] - 2 * best[0] + best[1];
    const double part = bend < 0 ? 0.5 * (best[-1] - best[1]) / bend : 0;
    return static_cast<double>(best - fits.begin() - longest_shift) + part;
}

/// Standard deviation of noise whose second differences are `differences`; -1 without any. Flashes
/// and jumps do not count.
double deviation(std::vector<double> differences) {
    if (differences.empty()) {
        return -1;
    }
    constexpr double usual = 4; // standard deviations, as the median has them
    std::ranges::transform(differences, differences.begin(), [](double d) { return std::abs(d); });
    const double most = usual * 1.4826 * median(differences);
    std::erase_if(differences, [most](double d) { return d > most; });
    const double squares = std::transform_reduce(differences.begin(), differences.end(), 0.0,
                                                 std::plus<>(), [](double d) { return d * d; });
    return std::sqrt(squares / static_cast<double>(differences.size()) / 6);
}

} // namespace

DamageMeter::Position DamageMeter::position_of(const Plane& frame) {
    const auto left = std::lround(outside * static_cast<double>(frame.width));
    const auto top = std::lround(outside * static_cast<double>(frame.height));
    Position position{.columns = Profile(static_cast<std::size_t>(frame.width - 2 * left), 0),
                      .rows = Profile(static_cast<std::size_t>(frame.height - 2 * top), 0)};
    for (std::size_t y = 0; y < position.rows.size(); ++y) {
        const float* line =
            frame.samples.data() + (top + static_cast<std::int64_t>(y)) * frame.width + left;
        for (std::size_t x = 0; x < position.columns.size(); ++x) {
            position.columns[x] += line[x] / static_cast<float>(position.rows.size());
            position.rows[y] += line[x] / static_cast<float>(position.columns.size());
        }
    }
    return position;
}

void DamageMeter::add(const Plane& frame) {
    Position position = position_of(frame);
    const double mean = std::reduce(position.rows.begin(), position.rows.end(), 0.0) /
                        static_cast<double>(std::max<std::size_t>(position.rows.size(), 1));
    const double exposure = std::log(std::max(mean, least_mean));
    sharpen(position.columns);
    sharpen(position.rows);
    if (frames_ > 0) {
        steps_.push_back({.exposure = exposure - exposure_,
                          .across = shift_of(position_.columns, position.columns),
                          .down = shift_of(position_.rows, position.rows)});
    }
    exposure_ = exposure;
    position_ = std::move(position);
    const std::int64_t place = frames_ % sampled_of;
    if (frames_ < sampled_first || place < sampled) {
        if (frames_ >= sampled_first && place == 0) {
            spots_.interrupt();
        }
        const Plane small = reduced(frame, {}, widest);
        scale_ = frame.width / std::max<std::int64_t>(small.width, 1);
        spots_.add(small);
        streaks_.add(small);
    }
    ++frames_;
}

ShotDamage DamageMeter::damage() const {
    std::vector<double> exposures;
    std::vector<double> across;
    std::vector<double> down;
    for (std::size_t i = 1; i < steps_.size(); ++i) {
        const Step& before = steps_[i - 1];
        const Step& after = steps_[i];
        exposures.push_back(after.exposure - before.exposure);
        if (before.across && after.across) {
            across.push_back(*after.across - *before.across);
        }
        if (before.down && after.down) {
            down.push_back(*after.down - *before.down);
        }
    }
    ShotDamage damage;
    damage.dust = spots_.per_frame();
    damage.flicker = exposures.empty() ? -1 : 100 * deviation(std::move(exposures));
    const double sideways = deviation(std::move(across));
    const double upward = deviation(std::move(down));
    if (sideways >= 0 || upward >= 0) {
        damage.weave = std::hypot(std::max(sideways, 0.0), std::max(upward, 0.0));
    }
    damage.scratches = streaks_.columns();
    for (std::int64_t& column : damage.scratches) {
        column = column * scale_ + scale_ / 2;
    }
    return damage;
}

} // namespace oldfilm::analysis
