#include "analysis/colors.hpp"

#include <ATen/ops/adaptive_avg_pool2d.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace oldfilm::analysis {
namespace {

/// Places that a picture is averaged to, so that grain and chroma noise count less.
constexpr std::int64_t most_rows = 120;
constexpr std::int64_t most_columns = 160;
constexpr double code = 1 / 255.0;
/// Mean colors nearer to gray than this are those of black and white.
constexpr double nearly_gray = 3 * code;
constexpr double faint = 10 * code;
/// Colors of one luma that are farther apart than this, or than a part of their distance from gray,
/// are not those of a tint.
constexpr double one_color = 2.5 * code;
constexpr double one_color_part = 0.12;
/// So many places make a mean.
constexpr double fewest = 20;

} // namespace

void Colors::add(const at::Tensor& picture) {
    if (picture.size(0) != 3) {
        return; // counts as gray
    }
    const at::Tensor small =
        at::adaptive_avg_pool2d(picture, {std::min(picture.size(1), most_rows),
                                          std::min(picture.size(2), most_columns)})
            .cpu()
            .contiguous();
    const auto* red = small.const_data_ptr<float>();
    const std::int64_t places = small.size(1) * small.size(2);
    for (std::int64_t i = 0; i < places; ++i) {
        const std::array<double, 3> color{red[i], red[i + places], red[i + 2 * places]};
        const double luma = 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2];
        const double place = std::clamp(luma, 0.0, 1.0) * bins;
        Bin& bin = bins_[std::min(static_cast<std::size_t>(place), bins - 1)];
        ++bin.count;
        bin.luma += luma;
        for (std::size_t c = 0; c < 3; ++c) {
            bin.sum[c] += color[c] - luma;
            bin.squares[c] += (color[c] - luma) * (color[c] - luma);
        }
    }
}

Colors::Spread Colors::spread() const {
    double count = 0;
    double means = 0;
    double within = 0;
    for (const Bin& bin : bins_) {
        if (bin.count < fewest) {
            continue;
        }
        count += bin.count;
        for (std::size_t c = 0; c < 3; ++c) {
            const double mean = bin.sum[c] / bin.count;
            means += bin.count * mean * mean;
            within += bin.squares[c] - bin.count * mean * mean;
        }
    }
    return count > 0 ? Spread{std::sqrt(means / (3 * count)),
                              std::sqrt(std::max(within, 0.0) / (3 * count))}
                     : Spread{};
}

Coloring Colors::coloring() const {
    const Spread colors = spread();
    if (colors.within > std::max(one_color, one_color_part * colors.mean)) {
        return Coloring::color;
    }
    return colors.mean < nearly_gray ? Coloring::black_and_white : Coloring::tinted;
}

bool Colors::is_faint() const {
    return spread().mean < faint;
}

Tint Colors::tint() const {
    struct Point {
        double luma;
        std::array<double, 3> off;
    };
    std::vector<Point> points;
    for (const Bin& bin : bins_) {
        if (bin.count >= fewest) {
            points.push_back(
                {bin.luma / bin.count,
                 {bin.sum[0] / bin.count, bin.sum[1] / bin.count, bin.sum[2] / bin.count}});
        }
    }
    Tint tint;
    for (std::size_t i = 0; i < tint.colors.size(); ++i) {
        const double luma = static_cast<double>(i) / static_cast<double>(tint.colors.size() - 1);
        const auto after = std::find_if(points.begin(), points.end(),
                                        [luma](const Point& p) { return p.luma >= luma; });
        tint.colors[i].fill(luma);
        if (points.empty()) {
            continue;
        }
        const Point& b = after == points.end() ? points.back() : *after;
        const Point& a = after == points.begin() ? b : *(after - 1);
        const double part =
            b.luma > a.luma ? std::clamp((luma - a.luma) / (b.luma - a.luma), 0.0, 1.0) : 0;
        for (std::size_t c = 0; c < 3; ++c) {
            tint.colors[i][c] += a.off[c] + part * (b.off[c] - a.off[c]);
        }
    }
    return tint;
}

} // namespace oldfilm::analysis
