#include "analysis/mixture.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace oldfilm::analysis {
namespace {

/// The structure that appears or goes must be this much, root mean square.
constexpr double least_change = 0.025;
/// Where both pictures are darker than this, there are bars.
constexpr float dark_bar = 0.06F;
/// Ends of a dissolve are less alike than this.
constexpr double most_correlation = 0.65;
/// Also where one of them is moved, by up to so many places: a picture that has moved on is no
/// other one.
constexpr double most_moved_correlation = 0.8;
constexpr std::int64_t most_moved = 5;

/// Correlation of `a` and `b`, moved by `x` and `y` places, where both are and either is no bar.
double correlation_moved(const Plane& a, const Plane& b, std::int64_t x, std::int64_t y) {
    double n = 0;
    double sum_a = 0;
    double sum_b = 0;
    double aa = 0;
    double bb = 0;
    double ab = 0;
    for (std::int64_t row = std::max<std::int64_t>(-y, 0); row < std::min(a.height, a.height - y);
         ++row) {
        for (std::int64_t column = std::max<std::int64_t>(-x, 0);
             column < std::min(a.width, a.width - x); ++column) {
            const float of_a = a.at(column, row);
            const float of_b = b.at(column + x, row + y);
            if (std::max(of_a, of_b) >= dark_bar) {
                const auto here = static_cast<double>(of_a);
                const auto there = static_cast<double>(of_b);
                ++n;
                sum_a += here;
                sum_b += there;
                aa += here * here;
                bb += there * there;
                ab += here * there;
            }
        }
    }
    const double spread = (n * aa - sum_a * sum_a) * (n * bb - sum_b * sum_b);
    return spread > 0 ? (n * ab - sum_a * sum_b) / std::sqrt(spread) : 0;
}

/// Mean product.
double product(const std::vector<float>& a, const std::vector<float>& b) {
    return static_cast<double>(std::inner_product(a.begin(), a.end(), b.begin(), 0.0F)) /
           static_cast<double>(a.size());
}

} // namespace

Mixture::Mixture(const Plane& a, const Plane& b) {
    for (std::size_t i = 0; i < a.samples.size(); ++i) {
        if (std::max(a.samples[i], b.samples[i]) >= dark_bar) {
            places_.push_back(i);
        }
    }
    is_usable_ = places_.size() * 6 >= a.samples.size();
    if (!is_usable_) {
        return;
    }
    a_ = structure(a);
    b_ = structure(b);
    aa_ = product(a_, a_);
    bb_ = product(b_, b_);
    ab_ = product(a_, b_);
}

bool Mixture::differs() const {
    if (change() < least_change * least_change) {
        return false;
    }
    return is_fade() ? !(is_even(aa_) && is_even(bb_))
                     : ab_ / std::sqrt(aa_ * bb_ + 1e-12) < most_correlation;
}

Mixture::Parts Mixture::parts(const Plane& frame) const {
    const std::vector<float> f = structure(frame);
    const double ff = product(f, f);
    const double fa = product(f, a_);
    const double fb = product(f, b_);
    Parts parts;
    // f - a on b - a, and what is left of it.
    const double along = fb - fa - ab_ + aa_;
    parts.place = along / change();
    const double off = ff + aa_ - 2 * fa;
    parts.residual = std::max(off - along * along / change(), 0.0) / change();
    const double det = aa_ * bb_ - ab_ * ab_;
    if (!is_fade() && det > 0) {
        parts.sum = (fa * bb_ - fb * ab_ + fb * aa_ - fa * ab_) / det;
    }
    return parts;
}

double Mixture::deviation(const Plane& frame) const {
    const std::vector<float> f = structure(frame);
    return std::sqrt(product(f, f));
}

double Mixture::correlation(const Plane& from, const Plane& to) const {
    const std::vector<float> a = structure(from);
    const std::vector<float> b = structure(to);
    return product(a, b) / std::sqrt(product(a, a) * product(b, b) + 1e-12);
}

double Mixture::change(const Plane& from, const Plane& to) const {
    const std::vector<float> a = structure(from);
    const std::vector<float> b = structure(to);
    return std::sqrt(std::max(product(a, a) + product(b, b) - 2 * product(a, b), 0.0));
}

std::vector<float> Mixture::structure(const Plane& frame) const {
    std::vector<float> samples;
    samples.reserve(places_.size());
    double sum = 0;
    for (const std::size_t place : places_) {
        samples.push_back(frame.samples[place]);
        sum += static_cast<double>(samples.back());
    }
    const auto mean = static_cast<float>(sum / static_cast<double>(places_.size()));
    for (float& sample : samples) {
        sample -= mean;
    }
    return samples;
}

bool has_moved(const Plane& a, const Plane& b) {
    for (std::int64_t y = -most_moved; y <= most_moved; ++y) {
        for (std::int64_t x = -most_moved; x <= most_moved; ++x) {
            if (correlation_moved(a, b, x, y) > most_moved_correlation) {
                return true;
            }
        }
    }
    return false;
}

} // namespace oldfilm::analysis
