#include "analysis/streaks.hpp"

#include <algorithm>
#include <span>

namespace oldfilm::analysis {
namespace {

constexpr std::int64_t band_rows = 24;
/// How far the sides are that a line is compared with, and how far a scratch wanders.
constexpr std::int64_t reach = 5, wander = 1;
/// Fainter lines do not stand out of grain.
constexpr float least_step = 0.02F;
/// Of bands and frames. Scratches run from frame to frame; a door post seldom crosses all of the
/// picture.
constexpr float least_share = 0.92F;

/// Mean of the rows from `top` on, for each column.
std::vector<float> band_of(const Plane& frame, std::int64_t top) {
    std::vector<float> means(static_cast<std::size_t>(frame.width), 0);
    for (std::int64_t y = top; y < top + band_rows; ++y) {
        const float* line = frame.samples.data() + y * frame.width;
        for (std::size_t x = 0; x < means.size(); ++x) {
            means[x] += line[x] / band_rows;
        }
    }
    return means;
}

/// Whether column `x` of `band` or one that a scratch wanders to is a line, `sign` 1 for brighter.
bool is_line(std::span<const float> band, std::size_t x, float sign) {
    for (std::size_t at = x - wander; at <= x + wander; ++at) {
        const float left = sign * (band[at] - band[at - reach]);
        const float right = sign * (band[at] - band[at + reach]);
        if (std::min(left, right) > least_step) {
            return true;
        }
    }
    return false;
}

void add_best(std::span<const float> shares, float frames, std::vector<std::int64_t>& columns) {
    for (std::size_t x = 0; x < shares.size(); ++x) {
        const std::size_t from = x < reach ? 0 : x - reach;
        const auto around =
            shares.subspan(from, std::min<std::size_t>(x + reach + 1, shares.size()) - from);
        // Of a run of equal shares, the middle: a line is seen from its neighbors too.
        if (shares[x] < least_share * frames || shares[x] < *std::ranges::max_element(around)) {
            continue;
        }
        std::size_t end = x;
        while (end + 1 < shares.size() && shares[end + 1] == shares[x]) {
            ++end;
        }
        const auto middle = static_cast<std::int64_t>((x + end) / 2);
        if (columns.empty() || middle - columns.back() > reach) {
            columns.push_back(middle);
        }
        x = end;
    }
}

} // namespace

void StreakFinder::add(const Plane& frame) {
    const std::int64_t bands = frame.height / band_rows;
    constexpr std::int64_t margin = reach + wander;
    if (bands == 0 || frame.width <= 2 * margin) {
        return;
    }
    const auto width = static_cast<std::size_t>(frame.width);
    brighter_.resize(width);
    darker_.resize(width);
    ++frames_;
    const float part = 1 / static_cast<float>(bands);
    for (std::int64_t number = 0; number < bands; ++number) {
        const std::vector<float> band = band_of(frame, number * band_rows);
        for (std::size_t x = margin; x < width - margin; ++x) {
            brighter_[x] += is_line(band, x, 1) ? part : 0;
            darker_[x] += is_line(band, x, -1) ? part : 0;
        }
    }
}

std::vector<std::int64_t> StreakFinder::columns() const {
    std::vector<std::int64_t> columns;
    std::vector<std::int64_t> dark;
    if (frames_ > 0) {
        add_best(brighter_, static_cast<float>(frames_), columns);
        add_best(darker_, static_cast<float>(frames_), dark);
    }
    columns.insert(columns.end(), dark.begin(), dark.end());
    std::ranges::sort(columns);
    return columns;
}

} // namespace oldfilm::analysis
