#include "exposure.hpp"

#include <algorithm>
#include <cmath>

namespace oldfilm::stages {
namespace {

/// Weighted moments of pairs of tones.
struct Moments {
    double weight = 0, x = 0, y = 0, xx = 0, yy = 0;
};

/// Variance of tones below which a picture is flat, and differs from another by an offset.
constexpr double flat = 1e-5;

struct Area {
    double from, to; ///< tones
    double x, y;     ///< place, in [-1, 1]
    double weight = 1;
};

/// Areas that are black or burnt out in either frame say nothing about exposure.
std::vector<Area> areas(const Thumbnail& from, const Thumbnail& to) {
    std::vector<Area> result;
    const auto place = [](std::size_t i, std::size_t count) {
        return (2.0 * static_cast<double>(i) + 1) / static_cast<double>(count) - 1;
    };
    for (std::size_t row = 0; row < from.rows; ++row) {
        for (std::size_t column = 0; column < from.columns; ++column) {
            const double a = from.tones[row * from.columns + column];
            const double b = to.tones[row * from.columns + column];
            if (std::min(a, b) > 0.02 && std::max(a, b) < 0.97) {
                result.push_back({a, b, place(column, from.columns), place(row, from.rows)});
            }
        }
    }
    return result;
}

/// Gain by the ratio of deviations: unlike least squares it has no bias towards 0 when the areas
/// moved a little between the frames. The small constant makes flat pictures differ by an offset.
void fit_line(const std::vector<Area>& areas, Exposure& e) {
    Moments m;
    for (const Area& a : areas) {
        m.weight += a.weight;
        m.x += a.weight * a.from;
        m.y += a.weight * a.to;
        m.xx += a.weight * a.from * a.from;
        m.yy += a.weight * a.to * a.to;
    }
    const double x = m.x / m.weight;
    const double y = m.y / m.weight;
    const double spread_x = std::max(m.xx / m.weight - x * x, 0.0) + flat;
    const double spread_y = std::max(m.yy / m.weight - y * y, 0.0) + flat;
    e.gain = std::clamp(std::sqrt(spread_y / spread_x), 0.25, 4.0);
    e.offset = y - e.gain * x;
}

double rest(const Area& a, const Exposure& e) {
    return a.to - a.from * (e.gain + e.lean_x * a.x + e.lean_y * a.y) - e.offset;
}

/// Standard errors from what the fit leaves. Gain comes from both frames' deviations, hence the 2.
void judge(const std::vector<Area>& areas, Estimate& estimate) {
    Moments m;
    double rests = 0, xx = 1e-3, yy = 1e-3;
    for (const Area& a : areas) {
        const double r = rest(a, estimate.exposure);
        rests += a.weight * r * r;
        m.weight += a.weight;
        m.x += a.weight * a.from;
        m.xx += a.weight * a.from * a.from;
        xx += a.weight * a.from * a.x * a.from * a.x;
        yy += a.weight * a.from * a.y * a.from * a.y;
    }
    const double variance = rests / m.weight;
    estimate.tone = m.x / m.weight;
    const double spread = m.xx / m.weight - estimate.tone * estimate.tone + flat;
    estimate.level_error = std::sqrt(variance / m.weight);
    estimate.gain_error = std::sqrt(2 * variance / (m.weight * spread));
    estimate.lean_x_error = std::sqrt(variance / xx);
    estimate.lean_y_error = std::sqrt(variance / yy);
}

double shrunk(double value, double error) {
    const double limit = 3 * error;
    return std::abs(value) <= limit ? 0 : value - limit * limit / value;
}

/// What the line leaves that grows across the picture.
void fit_lean(const std::vector<Area>& areas, Exposure& e) {
    double xx = 1e-3;
    double xy = 0;
    double yy = 1e-3;
    double xr = 0;
    double yr = 0;
    for (const Area& a : areas) {
        const double u = a.from * a.x;
        const double v = a.from * a.y;
        const double rest = a.to - e.gain * a.from - e.offset;
        xx += a.weight * u * u;
        xy += a.weight * u * v;
        yy += a.weight * v * v;
        xr += a.weight * u * rest;
        yr += a.weight * v * rest;
    }
    const double det = xx * yy - xy * xy;
    e.lean_x = std::clamp((xr * yy - yr * xy) / det, -0.2, 0.2);
    e.lean_y = std::clamp((yr * xx - xr * xy) / det, -0.2, 0.2);
}

void reweight(std::vector<Area>& areas, const Exposure& e) {
    std::vector<double> sizes(areas.size());
    std::transform(areas.begin(), areas.end(), sizes.begin(),
                   [&](const Area& a) { return std::abs(rest(a, e)); });
    const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
    std::nth_element(sizes.begin(), middle, sizes.end());
    const double limit = 4.685 * std::max(1.4826 * *middle, 0.5 / 255);
    for (Area& a : areas) {
        const double u = rest(a, e) / limit;
        a.weight = std::abs(u) < 1 ? (1 - u * u) * (1 - u * u) : 0;
    }
}

} // namespace

Exposure Exposure::then(const Exposure& next) const {
    return {gain * next.gain, offset * next.gain + next.offset,
            lean_x * next.gain + gain * next.lean_x, lean_y * next.gain + gain * next.lean_y};
}

Exposure Exposure::inverse() const {
    return {1 / gain, -offset / gain, -lean_x / (gain * gain), -lean_y / (gain * gain)};
}

double Exposure::largest_change() const {
    const double lean = std::abs(lean_x) + std::abs(lean_y);
    return std::max(std::abs(offset), std::abs(gain - 1 + offset) + lean);
}

Estimate compare(const Thumbnail& from, const Thumbnail& to) {
    std::vector<Area> pairs = areas(from, to);
    Estimate estimate;
    Exposure& e = estimate.exposure;
    constexpr std::size_t fewest = 12;
    if (pairs.size() < fewest) {
        return estimate;
    }
    estimate.is_known = true;
    // The start must not be drawn away by what moved: the offset between the medians alone.
    std::vector<double> differences(pairs.size());
    std::transform(pairs.begin(), pairs.end(), differences.begin(),
                   [](const Area& a) { return a.to - a.from; });
    const auto middle = differences.begin() + static_cast<std::ptrdiff_t>(pairs.size() / 2);
    std::nth_element(differences.begin(), middle, differences.end());
    e.offset = *middle;
    for (int round = 0; round < 6; ++round) {
        reweight(pairs, e);
        fit_line(pairs, e);
        fit_lean(pairs, e);
    }
    judge(pairs, estimate);
    return estimate;
}

Exposure beyond_doubt(const Exposure& e, const Estimate& errors) {
    const double tone = errors.tone;
    const double gain = 1 + shrunk(e.gain - 1, errors.gain_error);
    const double level = shrunk(e.gain * tone + e.offset - tone, errors.level_error);
    return {gain, tone + level - gain * tone, shrunk(e.lean_x, errors.lean_x_error),
            shrunk(e.lean_y, errors.lean_y_error)};
}

} // namespace oldfilm::stages
