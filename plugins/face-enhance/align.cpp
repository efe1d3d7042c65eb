#include "align.hpp"

#include <oldfilm/sdk/resize.hpp>

#include <ATen/ops/affine_grid_generator.h>
#include <ATen/ops/tensor.h>

namespace oldfilm::stages {

double Similarity::scale() const {
    return std::hypot(a, b);
}

Similarity Similarity::inverse() const {
    const double square = a * a + b * b;
    const Similarity turned{a / square, -b / square, 0, 0};
    const Point origin = turned({tx, ty});
    return {turned.a, turned.b, -origin.x, -origin.y};
}

Points template_points(double side) {
    Points points{{{192.98138, 239.94708},
                   {318.90277, 240.19360},
                   {256.63416, 314.01935},
                   {201.26117, 371.41043},
                   {313.08905, 371.15118}}};
    for (Point& point : points) {
        point = {point.x * side / 512.0, point.y * side / 512.0};
    }
    return points;
}

Similarity fit(const Points& from, const Points& to) {
    Point mean_from;
    Point mean_to;
    for (std::size_t i = 0; i < from.size(); ++i) {
        mean_from = {mean_from.x + from[i].x / 5, mean_from.y + from[i].y / 5};
        mean_to = {mean_to.x + to[i].x / 5, mean_to.y + to[i].y / 5};
    }
    double dot = 0, cross = 0, square = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const Point p{from[i].x - mean_from.x, from[i].y - mean_from.y};
        const Point q{to[i].x - mean_to.x, to[i].y - mean_to.y};
        dot += p.x * q.x + p.y * q.y;
        cross += p.x * q.y - p.y * q.x;
        square += p.x * p.x + p.y * p.y;
    }
    square = std::max(square, 1e-12);
    Similarity map{dot / square, cross / square, 0, 0};
    const Point center = map(mean_from);
    map.tx = mean_to.x - center.x;
    map.ty = mean_to.y - center.y;
    return map;
}

double misfit(const Similarity& map, const Points& from, const Points& to) {
    double sum = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const Point p = map(from[i]);
        sum += (p.x - to[i].x) * (p.x - to[i].x) + (p.y - to[i].y) * (p.y - to[i].y);
    }
    return std::sqrt(sum / 5) / std::hypot(to[1].x - to[0].x, to[1].y - to[0].y);
}

at::Tensor sample(const at::Tensor& picture, const Similarity& map, std::int64_t height,
                  std::int64_t width, bool is_border_kept) {
    // The part of the picture that is seen, with a margin for the bilinear kernel.
    const auto w = static_cast<double>(width);
    const auto h = static_cast<double>(height);
    double left = 1e18, right = -1e18, top = 1e18, bottom = -1e18;
    for (const Point corner : {map({0, 0}), map({w, 0}), map({0, h}), map({w, h})}) {
        left = std::min(left, corner.x);
        right = std::max(right, corner.x);
        top = std::min(top, corner.y);
        bottom = std::max(bottom, corner.y);
    }
    const double stride = map.scale();
    const double margin = 2 + 2 * stride;
    const auto bounds = [&](double low, double high, std::int64_t size) {
        const double most = static_cast<double>(size) - 1;
        const auto first =
            static_cast<std::int64_t>(std::clamp(std::floor(low - margin), 0.0, most));
        const auto last =
            static_cast<std::int64_t>(std::clamp(std::ceil(high + margin), 0.0, most));
        return std::pair(first, last - first + 1);
    };
    const auto [x0, seen_width] = bounds(left, right, picture.size(3));
    const auto [y0, seen_height] = bounds(top, bottom, picture.size(2));
    at::Tensor seen = picture.narrow(2, y0, seen_height).narrow(3, x0, seen_width);
    if (stride >= 1.5) {
        const auto reduced = [&](std::int64_t side) {
            return std::max<std::int64_t>(std::llround(static_cast<double>(side) / stride), 1);
        };
        seen = sdk::resize_bilinear(seen, reduced(seen_height), reduced(seen_width));
    }
    // The same map between places of [-1, 1], edge to edge, so the reduction above changes nothing
    // in it.
    const auto sw = static_cast<double>(seen_width);
    const auto sh = static_cast<double>(seen_height);
    const Point center = map({w / 2, h / 2});
    const at::Tensor theta =
        at::tensor({static_cast<float>(map.a * w / sw), static_cast<float>(-map.b * h / sw),
                    static_cast<float>((center.x - static_cast<double>(x0)) * 2 / sw - 1),
                    static_cast<float>(map.b * w / sh), static_cast<float>(map.a * h / sh),
                    static_cast<float>((center.y - static_cast<double>(y0)) * 2 / sh - 1)})
            .view({1, 2, 3})
            .to(picture.device());
    const at::Tensor grid =
        at::affine_grid_generator(theta, {1, picture.size(1), height, width}, false);
    constexpr std::int64_t bilinear = 0;
    return at::grid_sampler_2d(seen, grid, bilinear, is_border_kept ? 1 : 0, false);
}

at::Tensor face_mask(std::int64_t side, const at::TensorOptions& options) {
    const auto s = static_cast<double>(side);
    const at::Tensor place = at::arange(side, options).add_(0.5).div_(s);
    const at::Tensor x = place.sub(0.5).div_(0.33).view({1, side});
    const at::Tensor y = place.sub(0.565).div_(0.40).view({side, 1});
    // From 1 at 0.7 of the ellipse's radius to 0 at its rim, without a kink at either.
    const at::Tensor t = x.mul(x).add(y.mul(y)).sqrt_().neg_().add_(1.0).div_(0.3).clamp_(0.0, 1.0);
    return t.mul(t).mul_(t.mul(-2.0).add_(3.0)).view({1, 1, side, side});
}

} // namespace oldfilm::stages
