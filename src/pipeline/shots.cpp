#include "pipeline/shots.hpp"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/mean.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

namespace oldfilm {
namespace {

constexpr std::int64_t rows = 24;
constexpr std::int64_t columns = 32;
/// At least so many places for each of those: bars end anywhere.
constexpr std::int64_t finer = 4;
/// Below this deviation (in [0, 1] units) a thumbnail shows nothing but noise.
constexpr double flat_deviation = 0.008;
/// Below this one, a fade of half a second has one or two frames left.
constexpr double faint_deviation = 0.032;
/// Bars have one tone along each side, to this difference (flat_deviation and some grain), but for
/// so much of a line, where there may be dirt, a corner of the gate, or a scratch.
constexpr float bar_tone = 0.025F;
constexpr double bar_part = 0.9;
/// What bars leave at least of height and width.
constexpr int least_active = 4; // a fourth
// Of the default threshold: neighbors in one shot stay far below (dirty ones at 0.001), unrelated
// pictures far above (of photographs, the most alike two of 28 pairs come to 0.30).
/// A picture that has only moved comes to less than this where it lies then; of many places,
/// unrelated pictures come near the threshold in one.
constexpr double moved_distance = 0.05;
/// Of a thumbnail's places, the part that agrees best is compared: dirt is not counted.
constexpr double compared_part = 0.8;
/// A cut stands out from the shot's own motion by so much.
constexpr double cut_contrast = 2.5;
constexpr std::size_t activity_frames = 6;

struct Moments {
    double mean_a = 0, mean_b = 0, deviation_a = 0, deviation_b = 0, correlation = 0;
};

/// Over the places that `keep` marks. Deviations are kept above zero.
Moments moments(const std::vector<float>& a, const std::vector<float>& b,
                const std::vector<char>& keep) {
    double n = 0;
    Moments m;
    for (std::size_t i = 0; i < a.size(); ++i) {
        n += keep[i];
        m.mean_a += keep[i] * static_cast<double>(a[i]);
        m.mean_b += keep[i] * static_cast<double>(b[i]);
    }
    m.mean_a /= n;
    m.mean_b /= n;
    double aa = 0;
    double bb = 0;
    double ab = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double x = keep[i] * (a[i] - m.mean_a);
        const double y = keep[i] * (b[i] - m.mean_b);
        aa += x * x;
        bb += y * y;
        ab += x * y;
    }
    m.deviation_a = std::sqrt(aa / n) + 1e-9;
    m.deviation_b = std::sqrt(bb / n) + 1e-9;
    m.correlation = ab / n / (m.deviation_a * m.deviation_b);
    return m;
}

/// One minus the correlation of the places that agree best.
double unlikeness(const std::vector<float>& a, const std::vector<float>& b) {
    const std::size_t count = a.size();
    const auto compared = static_cast<std::ptrdiff_t>(compared_part * static_cast<double>(count));
    std::vector<char> keep(count, 1);
    std::vector<double> apart(count);
    std::vector<double> sorted;
    for (int round = 0; round < 3; ++round) {
        const Moments m = moments(a, b, keep);
        for (std::size_t i = 0; i < count; ++i) {
            apart[i] =
                std::abs((a[i] - m.mean_a) / m.deviation_a - (b[i] - m.mean_b) / m.deviation_b);
        }
        sorted = apart;
        std::nth_element(sorted.begin(), sorted.begin() + compared, sorted.end());
        const double limit = sorted[static_cast<std::size_t>(compared)];
        std::transform(apart.begin(), apart.end(), keep.begin(),
                       [limit](double d) { return static_cast<char>(d <= limit); });
    }
    return 1 - moments(a, b, keep).correlation;
}

/// The places' tones in the line `k` from a side.
using Line = std::function<float(int k, int along)>;

/// How many lines from a side on are of the outermost one's tone, at most `most`.
int bar_lines(const Line& tone, int length, int most) {
    std::vector<float> outermost(static_cast<std::size_t>(length));
    for (int i = 0; i < length; ++i) {
        outermost[static_cast<std::size_t>(i)] = tone(0, i);
    }
    const auto middle = outermost.begin() + length / 2;
    std::nth_element(outermost.begin(), middle, outermost.end());
    const float level = *middle;
    int lines = 0;
    for (; lines < most; ++lines) {
        int same = 0;
        for (int i = 0; i < length; ++i) {
            same += static_cast<int>(std::abs(tone(lines, i) - level) < bar_tone);
        }
        if (same < bar_part * length) {
            break;
        }
    }
    return lines;
}

} // namespace

Thumbnail::Thumbnail(const at::Tensor& picture)
    : rows_(static_cast<int>(std::min(picture.size(1), finer * rows))),
      columns_(static_cast<int>(std::min(picture.size(2), finer * columns))) {
    const at::Tensor small =
        at::adaptive_avg_pool2d(picture, {rows_, columns_}).mean(0).flatten().cpu().contiguous();
    const auto* begin = small.const_data_ptr<float>();
    const std::vector<float> luma(begin, begin + small.numel());
    const auto stride = static_cast<std::size_t>(columns_) + 1;
    sums_.assign((static_cast<std::size_t>(rows_) + 1) * stride, 0);
    for (std::size_t y = 0; y < static_cast<std::size_t>(rows_); ++y) {
        double line = 0;
        for (std::size_t x = 0; x + 1 < stride; ++x) {
            line += luma[y * (stride - 1) + x];
            sums_[(y + 1) * stride + x + 1] = sums_[y * stride + x + 1] + line;
        }
    }
    bars_ = find_bars(luma);
    const std::vector<float> active = within(bars_);
    deviation_ = moments(active, active, std::vector<char>(active.size(), 1)).deviation_a;
}

Bars Thumbnail::find_bars(const std::vector<float>& luma) const {
    const auto at = [&](int y, int x) {
        return luma[static_cast<std::size_t>(y) * static_cast<std::size_t>(columns_) +
                    static_cast<std::size_t>(x)];
    };
    const auto most = [](int lines) { return (lines - lines / least_active) / 2; };
    Bars bars;
    bars.top = bar_lines([&](int k, int x) { return at(k, x); }, columns_, most(rows_));
    bars.bottom =
        bar_lines([&](int k, int x) { return at(rows_ - 1 - k, x); }, columns_, most(rows_));
    // Beside the bars above and below: in a windowbox lines are of two tones otherwise.
    const int height = rows_ - bars.top - bars.bottom;
    bars.left =
        bar_lines([&](int k, int y) { return at(bars.top + y, k); }, height, most(columns_));
    bars.right = bar_lines([&](int k, int y) { return at(bars.top + y, columns_ - 1 - k); }, height,
                           most(columns_));
    return bars;
}

/// Means of 24 x 32 areas inside the bars, and a place more on each side, where they end.
std::vector<float> Thumbnail::within(const Bars& bars) const {
    const auto inner = [](int from, int to, int size) {
        const int begin = from > 0 ? from + 1 : 0;
        const int end = to > 0 ? size - to - 1 : size;
        return begin < end ? std::pair(begin, end) : std::pair(from, size - to);
    };
    const auto [top, bottom] = inner(bars.top, bars.bottom, rows_);
    const auto [left, right] = inner(bars.left, bars.right, columns_);
    const auto edge = [](int from, int to, std::int64_t k, std::int64_t count) {
        return static_cast<std::size_t>(from + (to - from) * k / count);
    };
    const auto stride = static_cast<std::size_t>(columns_) + 1;
    std::vector<float> means;
    for (std::int64_t r = 0; r < rows; ++r) {
        const std::size_t y0 = edge(top, bottom, r, rows);
        const std::size_t y1 = std::max(edge(top, bottom, r + 1, rows), y0 + 1);
        for (std::int64_t c = 0; c < columns; ++c) {
            const std::size_t x0 = edge(left, right, c, columns);
            const std::size_t x1 = std::max(edge(left, right, c + 1, columns), x0 + 1);
            const double sum = sums_[y1 * stride + x1] - sums_[y0 * stride + x1] -
                               sums_[y1 * stride + x0] + sums_[y0 * stride + x0];
            means.push_back(static_cast<float>(sum / static_cast<double>((y1 - y0) * (x1 - x0))));
        }
    }
    return means;
}

bool Thumbnail::is_flat() const {
    return deviation_ < flat_deviation;
}

bool Thumbnail::is_faint() const {
    return deviation_ < faint_deviation;
}

Bars Thumbnail::shared_bars(const Thumbnail& other) const {
    return {std::min(bars_.top, other.bars_.top), std::min(bars_.bottom, other.bars_.bottom),
            std::min(bars_.left, other.bars_.left), std::min(bars_.right, other.bars_.right)};
}

double Thumbnail::distance(const Thumbnail& other) const {
    if (is_flat() || other.is_flat()) {
        return is_faint() && other.is_faint() ? 0 : 1;
    }
    const Bars shared = shared_bars(other);
    return unlikeness(within(shared), other.within(shared));
}

double Thumbnail::distance_moved(const Thumbnail& other) const {
    double nearest = distance(other);
    if (is_flat() || other.is_flat()) {
        return nearest;
    }
    const Bars shared = shared_bars(other);
    const int most_down = (rows_ - shared.top - shared.bottom) / 8;
    const int most_right = (columns_ - shared.left - shared.right) / 8;
    const auto moved = [&](int down, int right) {
        Bars bars = shared;
        bars.top += std::max(down, 0);
        bars.bottom += std::max(-down, 0);
        bars.left += std::max(right, 0);
        bars.right += std::max(-right, 0);
        return bars;
    };
    for (int down = -most_down; down <= most_down; down += 2) {
        for (int right = -most_right; right <= most_right; right += 2) {
            nearest = std::min(nearest, unlikeness(within(moved(down, right)),
                                                   other.within(moved(-down, -right))));
        }
    }
    return nearest;
}

bool ShotDetector::is_unlike(const std::vector<Thumbnail>& ahead) const {
    double nearest = std::numeric_limits<double>::infinity();
    for (const Thumbnail& old : before_) {
        for (const Thumbnail& coming : ahead) {
            nearest = std::min(nearest, old.distance(coming));
        }
    }
    std::vector<double> usual(activity_.begin(), activity_.end());
    // A shot that has just begun says little yet about how it moves; what comes says more.
    for (std::size_t i = 1; i < ahead.size() && activity_.size() < 2; ++i) {
        usual.push_back(ahead[i - 1].distance(ahead[i]));
    }
    const double motion = usual.empty() ? 0
                                        : std::accumulate(usual.begin(), usual.end(), 0.0) /
                                              static_cast<double>(usual.size());
    return nearest > threshold_ && nearest > cut_contrast * motion &&
           before_.back().distance_moved(ahead.front()) > std::min(moved_distance, threshold_);
}

/// A fade has gone down to nothing, and what comes up, in `ahead`, is another picture.
bool ShotDetector::is_other_after_fade(const std::vector<Thumbnail>& ahead) const {
    if (!shown_ || !before_.back().is_flat() || ahead.front().is_flat()) {
        return false;
    }
    return std::all_of(ahead.begin(), ahead.end(), [this](const Thumbnail& coming) {
        return coming.is_flat() || coming.distance(*shown_) > threshold_;
    });
}

bool ShotDetector::starts_shot(const std::vector<Thumbnail>& ahead) {
    const bool cut = !before_.empty() && (is_unlike(ahead) || is_other_after_fade(ahead));
    if (cut) {
        before_.clear();
        activity_.clear();
        shown_.reset();
    } else if (!before_.empty()) {
        activity_.push_back(before_.back().distance(ahead.front()));
        if (activity_.size() > activity_frames) {
            activity_.pop_front();
        }
    }
    before_.push_back(ahead.front());
    if (before_.size() > 2) {
        before_.pop_front();
    }
    if (!ahead.front().is_faint()) {
        shown_ = ahead.front();
    }
    return cut;
}

} // namespace oldfilm
