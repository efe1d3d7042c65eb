#include "average.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/stack.h>

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

at::Tensor matched(const at::Tensor& picture, const at::Tensor& like) {
    const at::Tensor gain = like.std() / picture.std().clamp_min(1e-6);
    return (picture - picture.mean()) * gain + like.mean();
}

at::Tensor averaged(const sdk::Host& host, const std::vector<at::Tensor>& pictures) {
    const at::Tensor all = at::stack(pictures);
    const at::Tensor median = std::get<0>(all.median(0));
    host.stop_if_cancelled();
    const at::Tensor noise = noise_of(all, median);
    host.stop_if_cancelled();
    const at::Tensor weights = outlying(all, median, noise).neg_().add_(1.0);
    host.stop_if_cancelled();
    const at::Tensor mean = (all * weights).sum(0) / weights.sum(0); // the median itself counts
    host.stop_if_cancelled();
    const at::Tensor stays = changed_text(pictures.front(), median, noise);
    return mean + stays * (pictures.front() - mean);
}

} // namespace oldfilm::stages
