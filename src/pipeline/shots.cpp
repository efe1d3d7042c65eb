#include "pipeline/shots.hpp"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/mean.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace oldfilm {
namespace {

constexpr std::int64_t rows = 24;
constexpr std::int64_t columns = 32;
/// Below this deviation (in [0, 1] units) a thumbnail shows nothing but noise.
constexpr double flat_deviation = 0.008;
/// Neighbours in one shot stay far below, unrelated pictures far above.
constexpr double cut_distance = 0.25;
/// A cut stands out from the shot's own motion by so much.
constexpr double cut_contrast = 2.5;
constexpr std::size_t activity_frames = 6;

} // namespace

Thumbnail::Thumbnail(const at::Tensor& picture) {
    const at::Tensor luma = picture.mean(0, true).unsqueeze(0);
    const at::Tensor small =
        at::adaptive_avg_pool2d(luma, {rows, columns}).flatten().cpu().contiguous();
    const float* begin = small.const_data_ptr<float>();
    values_.assign(begin, begin + small.numel());
    double mean = 0;
    for (const float v : values_) {
        mean += v;
    }
    mean /= static_cast<double>(values_.size());
    double energy = 0;
    for (float& v : values_) {
        v -= static_cast<float>(mean);
        energy += static_cast<double>(v) * v;
    }
    flat_ = std::sqrt(energy / static_cast<double>(values_.size())) < flat_deviation;
    const auto scale = static_cast<float>(energy > 0 ? 1 / std::sqrt(energy) : 0);
    for (float& v : values_) {
        v *= scale;
    }
}

double Thumbnail::distance(const Thumbnail& other) const {
    if (flat_ || other.flat_) {
        return flat_ == other.flat_ ? 0 : 1;
    }
    double correlation = 0;
    for (std::size_t i = 0; i < values_.size(); ++i) {
        correlation += static_cast<double>(values_[i]) * other.values_[i];
    }
    return 1 - correlation;
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
        double usual = 0;
        for (const double d : activity_) {
            usual += d / static_cast<double>(activity_.size());
        }
        cut = nearest > cut_distance && nearest > cut_contrast * usual;
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
