#include "analysis/kinds.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

namespace oldfilm::analysis {
namespace {

/// Columns that a picture is reduced to.
constexpr std::int64_t columns = 480;
/// Of each side, what may be the film gate or bars, and is not looked at.
constexpr double margin = 0.06;
/// Without structure: deviation of means of places of 8 x 8, in [0, 1] units.
constexpr double even = 0.015;
constexpr double black_level = 0.12;

// Title cards. With these, of 120 generated cards 119 are found, and of 438 frames of clips and
// photographs none is taken for one; see docs/film-facts.md.
constexpr double least_separability = 0.45; ///< of the two levels, after Otsu
constexpr double least_contrast = 0.15;     ///< between them
constexpr double most_text = 0.35;          ///< of the picture
constexpr double least_text = 0.002;
constexpr double most_between = 0.45;   ///< of the text's samples, that are of neither level
constexpr double widest_stroke = 0.028; ///< of the width, on average
constexpr double least_lines = 0.02;    ///< of the rows, that have several strokes
constexpr double least_empty = 0.2;     ///< of the rows, that have none
constexpr double most_margin_text = 0.02;
/// Deviation of the background's places, as a part of the contrast.
constexpr double most_uneven = 0.062;

struct Levels {
    double threshold = 0, low = 0, high = 0; ///< means of what is below and above
    double separability = 0;                 ///< variance between, as a part of all
    double above = 0;                        ///< part of the samples
};

Levels otsu(const Plane& luma) {
    constexpr std::size_t bins = 128;
    std::array<double, bins> counts{};
    for (const float sample : luma.samples) {
        const double place = std::clamp(static_cast<double>(sample), 0.0, 1.0) * bins;
        ++counts[std::min(static_cast<std::size_t>(place), bins - 1)];
    }
    const auto total = static_cast<double>(luma.samples.size());
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < bins; ++i) {
        const double value = (static_cast<double>(i) + 0.5) / bins;
        sum += counts[i] * value;
        squares += counts[i] * value * value;
    }
    const double variance = squares / total - sum / total * (sum / total);
    Levels best;
    double below = 0;
    double sum_below = 0;
    for (std::size_t i = 0; i + 1 < bins; ++i) {
        const double value = (static_cast<double>(i) + 0.5) / bins;
        below += counts[i];
        sum_below += counts[i] * value;
        if (below == 0 || below == total) {
            continue;
        }
        const double low = sum_below / below;
        const double high = (sum - sum_below) / (total - below);
        const double between = below / total * (1 - below / total) * (high - low) * (high - low);
        if (variance > 0 && between / variance > best.separability) {
            best = {static_cast<double>(i + 1) / bins, low, high, between / variance,
                    1 - below / total};
        }
    }
    return best;
}

/// Mean and deviation of means of 8 x 8 samples, of those that `is_counted` (x, y, of a place's
/// first sample) wants.
struct Moments {
    double mean = 0, deviation = 0;
};
template <class Wanted>
Moments of_places(const Plane& luma, const Wanted& is_counted) {
    constexpr std::int64_t side = 8;
    double count = 0;
    double sum = 0;
    double squares = 0;
    for (std::int64_t y = 0; y + side <= luma.height; y += side) {
        for (std::int64_t x = 0; x + side <= luma.width; x += side) {
            if (!is_counted(x, y)) {
                continue;
            }
            double mean = 0;
            for (std::int64_t i = 0; i < side * side; ++i) {
                mean += luma.at(x + i % side, y + i / side) / (side * side);
            }
            ++count;
            sum += mean;
            squares += mean * mean;
        }
    }
    const double mean = count > 0 ? sum / count : 0;
    return {mean, count > 0 ? std::sqrt(std::max(squares / count - mean * mean, 0.0)) : 0};
}

/// Where text is, and how it lies.
class Text {
  public:
    Text(const Plane& luma, const Levels& levels) : luma_(luma), levels_(levels) {
        is_bright_ = levels.above < 0.5;
        for (std::int64_t y = 0; y < luma.height; ++y) {
            look_at_row(y);
        }
    }
    [[nodiscard]] bool is_text(std::int64_t x, std::int64_t y) const {
        return (luma_.at(x, y) > levels_.threshold) == is_bright_;
    }
    [[nodiscard]] double part() const { return is_bright_ ? levels_.above : 1 - levels_.above; }
    /// Mean length of its runs in rows, as a part of the width.
    [[nodiscard]] double stroke() const {
        return runs_ > 0 ? samples_ / runs_ / static_cast<double>(luma_.width) : 1;
    }
    [[nodiscard]] double lines() const { return of_rows(lines_); }
    [[nodiscard]] double empty() const { return of_rows(empty_); }
    /// Part of its samples that are of neither level, as edges are.
    [[nodiscard]] double between() const { return samples_ > 0 ? between_ / samples_ : 1; }
    /// Part of the outermost samples that are text.
    [[nodiscard]] double at_margins() const {
        double text = 0;
        double all = 0;
        const std::int64_t wide = std::max<std::int64_t>(luma_.width / 32, 1);
        for (std::int64_t y = 0; y < luma_.height; ++y) {
            for (std::int64_t x = 0; x < wide; ++x, all += 2) {
                text += (is_text(x, y) ? 1 : 0) + (is_text(luma_.width - 1 - x, y) ? 1 : 0);
            }
        }
        return all > 0 ? text / all : 1;
    }
    /// Of the background between and around it.
    [[nodiscard]] double unevenness() const {
        return of_places(luma_,
                         [this](std::int64_t x, std::int64_t y) {
                             for (std::int64_t i = 0; i < 64; ++i) {
                                 if (is_text(x + i % 8, y + i / 8)) {
                                     return false;
                                 }
                             }
                             return true;
                         })
            .deviation;
    }

  private:
    void look_at_row(std::int64_t y) {
        int runs = 0;
        bool before = false;
        const double quarter = (levels_.high - levels_.low) / 4;
        for (std::int64_t x = 0; x < luma_.width; ++x) {
            const bool now = is_text(x, y);
            runs += now && !before ? 1 : 0;
            before = now;
            if (now) {
                ++samples_;
                const double sample = luma_.at(x, y);
                between_ +=
                    sample > levels_.low + quarter && sample < levels_.high - quarter ? 1 : 0;
            }
        }
        runs_ += runs;
        lines_ += runs >= 4 ? 1 : 0;
        empty_ += runs == 0 ? 1 : 0;
    }
    [[nodiscard]] double of_rows(int rows) const {
        return static_cast<double>(rows) / static_cast<double>(luma_.height);
    }

    const Plane& luma_;
    const Levels& levels_;
    bool is_bright_ = true;
    double samples_ = 0, runs_ = 0, between_ = 0;
    int lines_ = 0, empty_ = 0;
};

bool is_title_card(const Plane& luma) {
    const Levels levels = otsu(luma);
    if (levels.separability < least_separability || levels.high - levels.low < least_contrast) {
        return false;
    }
    const Text text(luma, levels);
    return text.part() > least_text && text.part() < most_text && text.stroke() < widest_stroke &&
           text.lines() > least_lines && text.empty() > least_empty &&
           text.between() < most_between && text.at_margins() < most_margin_text &&
           text.unevenness() < most_uneven * (levels.high - levels.low);
}

} // namespace

PictureKind kind_of(const Plane& luma) {
    const auto part = [](std::int64_t side) {
        return static_cast<std::int64_t>(margin * static_cast<double>(side));
    };
    const std::int64_t x = part(luma.width);
    const std::int64_t y = part(luma.height);
    const Plane small = reduced(luma, {x, y, x, y}, columns);
    if (is_title_card(small)) {
        return PictureKind::title_card;
    }
    const Moments all = of_places(small, [](std::int64_t, std::int64_t) { return true; });
    if (all.deviation < even) {
        return all.mean < black_level ? PictureKind::black : PictureKind::leader;
    }
    return PictureKind::picture;
}

} // namespace oldfilm::analysis
