#include "likeness.hpp"

#include <oldfilm/sdk/resize.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/zeros.h>

namespace oldfilm::stages {
namespace {

/// Of features against lightness.
constexpr double feature_weight = 0.5;
/// Squared distance by which the weight of an example falls to 1/e.
constexpr double temperature = 0.006;
/// Squared distances of what certainly looks alike, and of what does not: in a shot nine in ten
/// places have an example nearer than the first; between films nineteen in twenty have none nearer
/// than the second.
constexpr double near = 0.06, far = 0.095;

/// 1 x D x h x w to h * w x D.
at::Tensor rows(const at::Tensor& planes) {
    return planes.flatten(2).squeeze(0).t().contiguous();
}

at::Tensor distances(const at::Tensor& looks, const at::Tensor& examples) {
    return at::matmul(looks, examples.t())
        .mul_(-2.0)
        .add_(looks.square().sum(1, true))
        .add_(examples.square().sum(1).unsqueeze(0))
        .clamp_min_(0.0);
}

} // namespace

at::Tensor looks(const at::Tensor& luma, const at::Tensor& features, std::int64_t height,
                 std::int64_t width) {
    const at::Tensor level = sdk::resize_bilinear(luma, height, width);
    const at::Tensor square = sdk::resize_bilinear(luma.mul(luma), height, width);
    const at::Tensor deviation = square.sub(level.mul(level)).clamp_min_(0.0).sqrt_();
    const at::Tensor norm = features.square().sum(1, true).sqrt_().add_(1e-6);
    const at::Tensor deep = sdk::resize_bilinear(features.div(norm).contiguous(), height, width);
    return rows(at::cat({level, deviation, deep.mul(feature_weight)}, 1));
}

Examples examples(const at::Tensor& looks, const at::Tensor& luma, const at::Tensor& ab,
                  const at::Tensor& known, std::int64_t height, std::int64_t width) {
    const at::Tensor part = sdk::resize_bilinear(known, height, width);
    const at::Tensor color =
        sdk::resize_bilinear(ab.mul(known), height, width).div(part.clamp_min(1e-3));
    const at::Tensor where = rows(part).squeeze(1).ge(0.5).nonzero().squeeze(1);
    Examples result;
    result.looks = looks.index_select(0, where);
    result.ab = rows(color).index_select(0, where);
    result.luma = rows(sdk::resize_bilinear(luma, height, width)).squeeze(1).index_select(0, where);
    return result;
}

Likeness alike(const at::Tensor& looks, const std::vector<Examples>& all, std::int64_t height,
               std::int64_t width) {
    at::Tensor sum = at::zeros({looks.size(0), 2}, looks.options());
    at::Tensor weights = at::zeros({looks.size(0), 1}, looks.options());
    at::Tensor nearest = at::full({looks.size(0), 1}, far, looks.options());
    for (const Examples& some : all) {
        const at::Tensor apart = distances(looks, some.looks);
        const at::Tensor least = apart.amin(1, true);
        // An example that counts less is further away.
        nearest = at::minimum(nearest, least.mul(some.share).add_(far * (1.0 - some.share)));
        const at::Tensor weight = apart.sub_(least).div_(-temperature).exp_();
        // Across pictures, too, the nearer one rules; relative to the nearest of each, no weight
        // underflows.
        const at::Tensor rule = least.div_(-temperature).exp_().clamp_min_(1e-12).mul_(some.share);
        const at::Tensor total = weight.sum(1, true);
        sum.add_(at::matmul(weight, some.ab).div_(total).mul_(rule));
        weights.add_(rule);
    }
    const at::Tensor ab = sum.div_(weights.clamp_min_(1e-30));
    const at::Tensor sure = nearest.sub_(far).div_(near - far).clamp_(0.0, 1.0);
    const auto planes = [&](const at::Tensor& t) {
        return t.t().reshape({1, t.size(1), height, width}).contiguous();
    };
    return {planes(ab), planes(sure)};
}

} // namespace oldfilm::stages
