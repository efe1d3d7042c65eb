#include "analysis/borders.hpp"

#include <algorithm>
#include <cmath>

namespace oldfilm::analysis {
namespace {

/// Lines from a side that may be bars, as a part of all.
constexpr double most_lines = 0.4;
/// So much of a line is darker than its level: dirt on the gate and scratches don't count.
constexpr double line_part = 0.9;
/// Samples of a line that are looked at.
constexpr std::int64_t line_samples = 512;
/// Pictures that may be brighter than the level of a line: flashes.
constexpr double picture_part = 0.95;
/// Bars are darker than this ...
constexpr float darkest_bar = 0.16F;
/// ... of one tone to this difference (of 8-bit codes, six) ...
constexpr float tone = 6 / 255.0F;
/// ... and the picture brighter than they are by so much within `edge_lines`. What comes up slowly
/// is the picture, getting dark towards its corners.
constexpr float contrast = 16 / 255.0F;
constexpr std::int64_t edge_lines = 8;
/// Pictures whose corners are looked at.
constexpr std::size_t most_for_corners = 64;

/// The value that `part` of `values` don't exceed. Changes their order.
float quantile(std::vector<float>& values, double part) {
    const auto last = static_cast<double>(values.size() - 1);
    const auto place = values.begin() + static_cast<std::ptrdiff_t>(std::lround(part * last));
    std::nth_element(values.begin(), place, values.end());
    return *place;
}

/// Samples of line `k` from a side.
std::vector<float> line_of(const Plane& luma, std::size_t side, std::int64_t k) {
    const bool is_row = side < 2;
    const std::int64_t length = is_row ? luma.width : luma.height;
    const std::int64_t last = (is_row ? luma.height : luma.width) - 1;
    const std::int64_t line = side % 2 == 0 ? k : last - k;
    const std::int64_t step = std::max<std::int64_t>(length / line_samples, 1);
    std::vector<float> samples;
    for (std::int64_t i = 0; i < length; i += step) {
        samples.push_back(is_row ? luma.at(i, line) : luma.at(line, i));
    }
    return samples;
}

/// Of each line, the level that `picture_part` of the pictures don't exceed.
std::vector<float> levels_of(const std::vector<std::vector<float>>& profiles) {
    std::vector<float> levels;
    for (std::size_t k = 0; k < profiles.front().size(); ++k) {
        std::vector<float> of_line;
        for (const std::vector<float>& profile : profiles) {
            of_line.push_back(profile[k]);
        }
        levels.push_back(quantile(of_line, picture_part));
    }
    return levels;
}

/// Lines that are bars, by the levels of all that may be some. `halves`: their medians. An edge is
/// one along most of the line; where something bright ends in a dark picture it isn't.
std::int64_t bar_lines(const std::vector<float>& levels, const std::vector<float>& halves) {
    if (levels.empty()) {
        return 0;
    }
    const float bar = levels.front();
    if (bar > darkest_bar) {
        return 0;
    }
    const auto onset = std::find_if(levels.begin(), levels.end(),
                                    [bar](float level) { return level > bar + tone; });
    if (onset == levels.end()) {
        return 0; // dark as far as bars may reach: a dark picture
    }
    const auto end =
        std::distance(onset, levels.end()) > edge_lines ? onset + edge_lines : levels.end();
    const float inside = *std::max_element(onset, end);
    const auto near = halves.begin() + (onset - levels.begin());
    const float half_inside = *std::max_element(near, near + (end - onset));
    if (inside < bar + contrast || half_inside < bar + contrast) {
        return 0;
    }
    // Half of the way up, where a blurred edge lies.
    const float half = bar + (inside - bar) / 2;
    return std::find_if(onset, end, [half](float level) { return level >= half; }) - levels.begin();
}

} // namespace

void Borders::add(const Plane& luma) {
    width_ = luma.width;
    height_ = luma.height;
    for (std::size_t side = 0; side < sides_.size(); ++side) {
        const std::int64_t lines = side < 2 ? luma.height : luma.width;
        Profile levels;
        Profile halves;
        for (std::int64_t k = 0; k < std::lround(static_cast<double>(lines) * most_lines); ++k) {
            std::vector<float> samples = line_of(luma, side, k);
            levels.push_back(quantile(samples, line_part));
            halves.push_back(quantile(samples, 0.5));
        }
        sides_[side].push_back(std::move(levels));
        halves_[side].push_back(std::move(halves));
    }
    if (brightest_.samples.empty()) {
        brightest_ = luma;
    } else if (sides_[0].size() <= most_for_corners) {
        std::transform(luma.samples.begin(), luma.samples.end(), brightest_.samples.begin(),
                       brightest_.samples.begin(),
                       [](float now, float before) { return std::max(now, before); });
    }
}

ActiveArea Borders::area() const {
    std::array<std::int64_t, 4> bars{};
    for (std::size_t side = 0; side < sides_.size() && !empty(); ++side) {
        bars[side] = bar_lines(levels_of(sides_[side]), levels_of(halves_[side]));
    }
    ActiveArea area{.left = bars[2],
                    .top = bars[0],
                    .width = width_ - bars[2] - bars[3],
                    .height = height_ - bars[0] - bars[1]};
    area.rounded = are_rounded(area);
    return area;
}

/// In the triangles at the corners (a twelfth of the smaller side is the radius of a film gate's
/// corner, or more) it is as dark as outside the area, whatever is shown.
bool Borders::are_rounded(const ActiveArea& area) const {
    const bool has_bars = area.left > 0 && area.top > 0 && area.left + area.width < width_ &&
                          area.top + area.height < height_;
    const std::int64_t side = std::min(area.width, area.height) / 48;
    if (!has_bars || side < 2 || empty()) {
        return false;
    }
    const float level = brightest_.at(area.left / 2, area.top / 2);
    for (int corner = 0; corner < 4; ++corner) {
        const bool is_left = corner % 2 == 0;
        const bool is_top = corner < 2;
        const std::int64_t x0 = is_left ? area.left : area.left + area.width - 1;
        const std::int64_t y0 = is_top ? area.top : area.top + area.height - 1;
        float sum = 0;
        float count = 0;
        for (std::int64_t y = 0; y < side; ++y) {
            for (std::int64_t x = 0; x + y < side; ++x, ++count) {
                sum += brightest_.at(is_left ? x0 + x : x0 - x, is_top ? y0 + y : y0 - y);
            }
        }
        if (sum / count > level + contrast) {
            return false;
        }
    }
    return true;
}

} // namespace oldfilm::analysis
