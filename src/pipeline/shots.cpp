#include "pipeline/shots.hpp"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/mean.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace oldfilm {
namespace {

constexpr std::int64_t rows = 24;
constexpr std::int64_t columns = 32;
/// Below this deviation (in [0, 1] units) a thumbnail shows nothing but noise.
constexpr double flat_deviation = 0.008;
/// Neighbours in one shot stay far below (dirty ones at 0.001), unrelated pictures far above (of
/// photographs, the most alike two of 28 pairs come to 0.30).
constexpr double cut_distance = 0.15;
/// Of a thumbnail's places, the part that agrees best is compared: dirt is not counted.
constexpr double kept_part = 0.8;
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

} // namespace

Thumbnail::Thumbnail(const at::Tensor& picture) {
    const at::Tensor small =
        at::adaptive_avg_pool2d(picture, {rows, columns}).mean(0).flatten().cpu().contiguous();
    const auto* begin = small.const_data_ptr<float>();
    values_.assign(begin, begin + small.numel());
    flat_ = moments(values_, values_, std::vector<char>(values_.size(), 1)).deviation_a <
            flat_deviation;
}

double Thumbnail::distance(const Thumbnail& other) const {
    if (flat_ || other.flat_) {
        return flat_ == other.flat_ ? 0 : 1;
    }
    const std::size_t count = values_.size();
    const auto kept = static_cast<std::ptrdiff_t>(kept_part * static_cast<double>(count));
    std::vector<char> keep(count, 1);
    std::vector<double> apart(count);
    std::vector<double> sorted;
    for (int round = 0; round < 3; ++round) {
        const Moments m = moments(values_, other.values_, keep);
        for (std::size_t i = 0; i < count; ++i) {
            apart[i] = std::abs((values_[i] - m.mean_a) / m.deviation_a -
                                (other.values_[i] - m.mean_b) / m.deviation_b);
        }
        sorted = apart;
        std::nth_element(sorted.begin(), sorted.begin() + kept, sorted.end());
        const double limit = sorted[static_cast<std::size_t>(kept)];
        std::transform(apart.begin(), apart.end(), keep.begin(),
                       [limit](double d) { return static_cast<char>(d <= limit); });
    }
    return 1 - moments(values_, other.values_, keep).correlation;
}

bool ShotDetector::starts_shot(const std::vector<Thumbnail>& ahead) {
    bool cut = false;
    if (!before_.empty()) {
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
        cut = nearest > cut_distance && nearest > cut_contrast * motion;
    }
    if (cut) {
        before_.clear();
        activity_.clear();
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
    return cut;
}

} // namespace oldfilm
