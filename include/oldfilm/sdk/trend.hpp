#pragma once
/// \file
/// The slow change of a quantity around a frame: the value, at the center of a window, of a
/// straight line fitted to the window. A stage that steadies a quantity (brightness, position)
/// removes the deviation from this line, so that fades and pans, which lie on it, stay.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace oldfilm::sdk {

/// A point of the window.
struct TrendPoint {
    double offset = 0; ///< in frames from the center
    double weight = 1; ///< confidence, 0 to 1
};

/// The weighted least-squares line y = at_zero + slope * offset, each as weights of the points'
/// values. A constant if there are fewer than two different offsets.
struct TrendLine {
    std::vector<double> at_zero, slope;

    explicit TrendLine(const std::vector<TrendPoint>& points)
        : at_zero(points.size()), slope(points.size()) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        for (const TrendPoint& p : points) {
            s0 += p.weight;
            s1 += p.weight * p.offset;
            s2 += p.weight * p.offset * p.offset;
        }
        const double det = s0 * s2 - s1 * s1;
        for (std::size_t i = 0; i < points.size(); ++i) {
            const double w = points[i].weight;
            const double x = points[i].offset;
            if (det > 1e-9 * s0 * s0) {
                at_zero[i] = w * (s2 - s1 * x) / det;
                slope[i] = w * (s0 * x - s1) / det;
            } else if (s0 > 0) {
                at_zero[i] = w / s0;
            }
        }
    }
};

/// The weight of a point, 0 to 1: it falls to 0 beyond `radius` frames on each side (Epanechnikov's
/// kernel).
inline double trend_weight(double offset, double radius) {
    const double u = offset / (radius + 1);
    return std::max(0.0, 1 - u * u);
}

/// A line fitted to a window.
struct TrendFit {
    std::vector<double> weights; ///< the weighted sum of the values is the value at the center
    double deviation = 0;        ///< weighted RMS distance of the values from the line
};

/// A robust fit: points whose values lie far off the line (more than about five deviations) lose
/// their weight (Tukey's biweight). `values` has `width` numbers per point, points.size() * width
/// in all. Deviations below `floor`, in the unit of the values, do not reduce a weight.
inline TrendFit fit_trend(std::vector<TrendPoint> points, const std::vector<double>& values,
                          std::size_t width, double floor) {
    const std::vector<TrendPoint> first = points;
    const auto distances = [&] {
        const TrendLine line(points);
        std::vector<double> distance(points.size());
        for (std::size_t d = 0; d < width; ++d) {
            double zero = 0;
            double slope = 0;
            for (std::size_t i = 0; i < points.size(); ++i) {
                zero += line.at_zero[i] * values[i * width + d];
                slope += line.slope[i] * values[i * width + d];
            }
            for (std::size_t i = 0; i < points.size(); ++i) {
                const double off = values[i * width + d] - zero - slope * points[i].offset;
                distance[i] += off * off;
            }
        }
        return distance;
    };
    for (int round = 0; round < 3 && points.size() > 4; ++round) {
        const std::vector<double> distance = distances();
        std::vector<double> sorted = distance;
        std::nth_element(sorted.begin(),
                         sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2),
                         sorted.end());
        const double deviation = std::max(1.4826 * std::sqrt(sorted[sorted.size() / 2]), floor);
        for (std::size_t i = 0; i < points.size(); ++i) {
            const double u = std::sqrt(distance[i]) / (4.685 * deviation);
            const double kept = u < 1 ? (1 - u * u) * (1 - u * u) : 0;
            points[i].weight = first[i].weight * std::max(kept, 1e-3);
        }
    }
    const std::vector<double> distance = distances();
    double sum = 0;
    double weight = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        sum += first[i].weight * distance[i];
        weight += first[i].weight;
    }
    return {TrendLine(points).at_zero, std::sqrt(sum / std::max(weight, 1e-9))};
}

/// The weights of `fit_trend`.
inline std::vector<double> robust_trend(const std::vector<TrendPoint>& points,
                                        const std::vector<double>& values, std::size_t width,
                                        double floor) {
    return fit_trend(points, values, width, floor).weights;
}

/// The same for a quantity that may jump, or whose slope may: uses only the frames on one side of
/// the center if a line fits those far better than all frames (jump-preserving local linear
/// regression: Gijbels, Lambert and Qiu, 2007). For values in [0, 1]: deviations that no 8-bit film
/// would show are ignored.
inline std::vector<double> edge_keeping_trend(const std::vector<TrendPoint>& points,
                                              const std::vector<double>& values, std::size_t width,
                                              double floor) {
    constexpr std::size_t fewest = 4; // a line goes through fewer whatever they are
    constexpr double better = 2;
    constexpr double unseen = 0.5 / 255;
    TrendFit best = fit_trend(points, values, width, floor);
    double limit = best.deviation / better;
    if (best.deviation < unseen) {
        return best.weights;
    }
    for (const int side : {-1, 1}) {
        std::vector<TrendPoint> some;
        std::vector<double> theirs;
        std::vector<std::size_t> which;
        for (std::size_t i = 0; i < points.size(); ++i) {
            if (side * points[i].offset >= 0) {
                some.push_back(points[i]);
                which.push_back(i);
                theirs.insert(theirs.end(), values.begin() + static_cast<std::ptrdiff_t>(i * width),
                              values.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
            }
        }
        if (some.size() < fewest || some.size() == points.size()) {
            continue;
        }
        const TrendFit fit = fit_trend(some, theirs, width, floor);
        if (fit.deviation < limit) {
            limit = fit.deviation;
            best.weights.assign(points.size(), 0);
            for (std::size_t k = 0; k < which.size(); ++k) {
                best.weights[which[k]] = fit.weights[k];
            }
        }
    }
    return best.weights;
}

} // namespace oldfilm::sdk
