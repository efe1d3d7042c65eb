#include "speech/thumbnail.hpp"

#include <ATen/ops/avg_pool2d.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace oldfilm::speech {
namespace {

constexpr std::int64_t columns = 256;
/// Weave, in pixels of a thumbnail.
constexpr std::int64_t most_shift = 3;
/// From this correlation on, nothing has moved.
constexpr double still = 0.98;
/// Places of a picture that are compared one by one: other words in the same ornaments are another
/// card.
constexpr std::int64_t side = 24;
/// Without contrast, in [0, 1] units; grain that remains after averaging is less.
constexpr double least_contrast = 0.015;
/// A place that has this part of the highest contrast has letters.
constexpr double with_letters = 0.4;
/// Letters that correlate less are other letters.
constexpr double same_letters = 0.6;
/// Part of such places that may differ, by dust and splices.
constexpr double may_differ = 0.3;

} // namespace

Thumbnail::Thumbnail(const at::Tensor& luma) {
    const std::int64_t by = std::max<std::int64_t>((luma.size(2) + columns - 1) / columns, 1);
    const std::int64_t by_rows = std::min(by, luma.size(1));
    const at::Tensor reduced = at::avg_pool2d(luma.unsqueeze(0), {by_rows, by});
    // Strong grain is stronger than faint letters, but its specks are smaller.
    const at::Tensor small =
        at::avg_pool2d(reduced, {3, 3}, {1, 1}, {1, 1}, false, false).squeeze(0).cpu().contiguous();
    height_ = small.size(1);
    width_ = small.size(2);
    reduced_ = by;
    samples_.assign(small.const_data_ptr<float>(), small.const_data_ptr<float>() + small.numel());
    contrast_ = deviation({0, 0, width_, height_});
}

double Thumbnail::deviation(Place place) const {
    double sum = 0;
    double squares = 0;
    for (std::int64_t y = place.top; y < place.bottom; ++y) {
        for (std::int64_t x = place.left; x < place.right; ++x) {
            const double value = samples_[static_cast<std::size_t>(y * width_ + x)];
            sum += value;
            squares += value * value;
        }
    }
    const auto count = static_cast<double>((place.right - place.left) * (place.bottom - place.top));
    return std::sqrt(std::max(squares / count - sum / count * (sum / count), 0.0));
}

/// Normalized cross-correlation of a place with the one that lies `shift` away in `other`.
double Thumbnail::correlation(const Thumbnail& other, Shift shift, Place place) const {
    double a = 0;
    double b = 0;
    double aa = 0;
    double bb = 0;
    double ab = 0;
    double count = 0;
    const std::int64_t top = std::max(place.top, -shift.y);
    const std::int64_t bottom = std::min(place.bottom, height_ - shift.y);
    const std::int64_t left = std::max(place.left, -shift.x);
    const std::int64_t right = std::min(place.right, width_ - shift.x);
    for (std::int64_t y = top; y < bottom; ++y) {
        for (std::int64_t x = left; x < right; ++x) {
            const double mine = samples_[static_cast<std::size_t>(y * width_ + x)];
            const double its =
                other.samples_[static_cast<std::size_t>((y + shift.y) * width_ + x + shift.x)];
            a += mine;
            b += its;
            aa += mine * mine;
            bb += its * its;
            ab += mine * its;
            ++count;
        }
    }
    count = std::max(count, 1.0);
    const double variances = (aa - a * a / count) * (bb - b * b / count);
    return (ab - a * b / count) / std::sqrt(std::max(variances, 1e-12));
}

/// Uphill from no shift: weave is small, and letters correlate less with every step away.
Thumbnail::Shift Thumbnail::best_shift(const Thumbnail& other) const {
    Shift best;
    double highest = correlation(other, best);
    for (bool rises = highest <= still; rises;) {
        rises = false;
        const Shift at = best;
        for (const auto& [x, y] :
             {std::pair(-1, 0), std::pair(1, 0), std::pair(0, -1), std::pair(0, 1)}) {
            const Shift next{at.x + x, at.y + y};
            const double found = correlation(other, next);
            if (found > highest && std::max(std::abs(next.x), std::abs(next.y)) <= most_shift) {
                highest = found;
                best = next;
                rises = true;
            }
        }
    }
    return best;
}

/// The top of a parabola through the correlations of the best shift and its neighbors.
Thumbnail::Motion Thumbnail::motion_to(const Thumbnail& other) const {
    const Shift best = best_shift(other);
    const double middle = correlation(other, best);
    const auto top = [&](Shift before, Shift after) {
        const double low = correlation(other, before);
        const double high = correlation(other, after);
        const double bend = 2 * middle - low - high;
        return bend > 1e-9 ? std::clamp((high - low) / (2 * bend), -0.5, 0.5) : 0.0;
    };
    const double x = top({best.x - 1, best.y}, {best.x + 1, best.y});
    const double y = top({best.x, best.y - 1}, {best.x, best.y + 1});
    const auto pixels = static_cast<double>(reduced_);
    return {(static_cast<double>(best.x) + x) * pixels, (static_cast<double>(best.y) + y) * pixels};
}

bool Thumbnail::shows_same_as(const Thumbnail& other) const {
    if (width_ != other.width_ || height_ != other.height_ || contrast_ < least_contrast ||
        other.contrast_ < least_contrast) {
        return false;
    }
    std::vector<Place> places;
    std::vector<double> contrasts;
    for (std::int64_t y = 0; y + side / 2 <= height_; y += side) {
        for (std::int64_t x = 0; x + side / 2 <= width_; x += side) {
            places.push_back({x, y, std::min(x + side, width_), std::min(y + side, height_)});
            contrasts.push_back(std::max(deviation(places.back()) / contrast_,
                                         other.deviation(places.back()) / other.contrast_));
        }
    }
    if (places.empty()) {
        return false;
    }
    const Shift shift = best_shift(other);
    const double highest = *std::max_element(contrasts.begin(), contrasts.end());
    int looked_at = 0;
    int differ = 0;
    for (std::size_t i = 0; i < places.size(); ++i) {
        if (contrasts[i] >= with_letters * highest) {
            ++looked_at;
            differ += correlation(other, shift, places[i]) < same_letters ? 1 : 0;
        }
    }
    return differ <= may_differ * looked_at;
}

} // namespace oldfilm::speech
