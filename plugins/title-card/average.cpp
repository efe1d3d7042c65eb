#include "average.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/grid_sampler_2d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/stack.h>

#include <algorithm>

namespace oldfilm::stages {
namespace {

/// Distances from the median, in deviations of the noise: up to the first a value counts, from the
/// second on it does not. No step lies between, so that rounding decides nothing.
constexpr double surely_grain = 2.5, surely_not = 3.5;
/// Part of a neighborhood that differs from the median: below is dust, from there on text that
/// comes or goes.
constexpr double is_dust = 0.1, is_text = 0.2;
/// Side of the neighborhood: a few strokes of letters.
constexpr std::int64_t neighborhood = 15;

/// Standard deviation of the noise of each picture in `all` (K x C x H x W), from the median of
/// distances to `median`.
at::Tensor noise_of(const at::Tensor& all, const at::Tensor& median) {
    constexpr double of_normal = 1.4826;
    return ((all - median).abs().flatten().median() * of_normal).clamp_min(0.5 / 255);
}

/// 0 where a value is grain, 1 where it is something else.
at::Tensor outlying(const at::Tensor& values, const at::Tensor& median, const at::Tensor& noise) {
    return (values - median)
        .abs()
        .div_(noise)
        .sub_(surely_grain)
        .div_(surely_not - surely_grain)
        .clamp_(0.0, 1.0);
}

/// How much of `picture` (C x H x W) stays as it is, 1 x H x W: where text comes or goes.
at::Tensor changed_text(const at::Tensor& picture, const at::Tensor& median,
                        const at::Tensor& noise) {
    constexpr std::int64_t half = neighborhood / 2;
    const at::Tensor differs = outlying(picture, median, noise).amax(0, true);
    const at::Tensor part =
        at::avg_pool2d(differs, {neighborhood, neighborhood}, {1, 1}, {half, half}, false, false);
    const at::Tensor text = part.sub(is_dust).div_(is_text - is_dust).clamp_(0.0, 1.0);
    return at::max_pool2d(text, {neighborhood, neighborhood}, {1, 1}, {half, half});
}

} // namespace

at::Tensor moved(const at::Tensor& picture, double dx, double dy) {
    constexpr std::int64_t bicubic = 2;
    constexpr std::int64_t border = 1;
    const std::int64_t height = picture.size(1);
    const std::int64_t width = picture.size(2);
    const auto line = [&](std::int64_t size, double offset) {
        const double half = std::max(static_cast<double>(size - 1) / 2, 0.5);
        return at::arange(size, picture.options()).add_(offset).div_(half).sub_(1.0);
    };
    const at::Tensor x = line(width, dx).view({1, 1, width}).expand({1, height, width});
    const at::Tensor y = line(height, dy).view({1, height, 1}).expand({1, height, width});
    return at::grid_sampler_2d(picture.unsqueeze(0), at::stack({x, y}, 3), bicubic, border, true)
        .squeeze(0);
}

at::Tensor matched(const at::Tensor& picture, const at::Tensor& like) {
    const at::Tensor gain = like.std() / picture.std().clamp_min(1e-6);
    return (picture - picture.mean()) * gain + like.mean();
}

at::Tensor averaged(const std::vector<at::Tensor>& pictures) {
    const at::Tensor all = at::stack(pictures);
    const at::Tensor median = std::get<0>(all.median(0));
    const at::Tensor noise = noise_of(all, median);
    const at::Tensor weights = outlying(all, median, noise).neg_().add_(1.0);
    const at::Tensor mean = (all * weights).sum(0) / weights.sum(0); // the median itself counts
    const at::Tensor stays = changed_text(pictures.front(), median, noise);
    return mean + stays * (pictures.front() - mean);
}

} // namespace oldfilm::stages
