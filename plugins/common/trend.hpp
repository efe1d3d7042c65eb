#pragma once
/// \file
/// What a quantity does slowly around a frame: the value at the centre of a straight line that is
/// fitted to its window. Stages that even something out take away what lies off this line, so that
/// fades and pans, which lie on it, stay.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace oldfilm::stages {

/// A point of the window: how many frames from the centre, how far it is believed (0 to 1).
struct TrendPoint {
    double offset = 0;
    double weight = 1;
};

/// Line y = at_zero + slope * offset through weighted points, as weights of the points' values.
/// Fewer than two different offsets: a constant.
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

/// Weights for `radius` frames on each side that fall to 0 beyond them (Epanechnikov's kernel).
inline double trend_weight(double offset, double radius) {
    const double u = offset / (radius + 1);
    return std::max(0.0, 1 - u * u);
}

/// Weights of the points' values whose sum is the line's value at the centre. `values` has `width`
/// numbers a point; points whose values lie far off the line (more than some five deviations) count
/// less and less (Tukey's biweight). Deviations below `floor` are never doubted.
inline std::vector<double> robust_trend(std::vector<TrendPoint> points,
                                        const std::vector<double>& values, std::size_t width,
                                        double floor) {
    const std::vector<TrendPoint> first = points;
    for (int round = 0; round < 3 && points.size() > 4; ++round) {
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
    return TrendLine(points).at_zero;
}

} // namespace oldfilm::stages
