#include "neighbors.hpp"

#include <oldfilm/plugin/ext/draft/evidence.h>

#include <ATen/TensorOperators.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/amin.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/ones.h>

#include <limits>

namespace scratch {
namespace {

at::Tensor without(const at::Tensor& frames, std::int64_t middle) {
    return at::cat({frames.slice(0, 0, middle), frames.slice(0, middle + 1)});
}

} // namespace

Neighbors neighbors(const at::Tensor& window, const at::Tensor& valid, std::int64_t middle) {
    const at::Tensor around = without(window, middle);
    const at::Tensor weights = valid.defined()
                                   ? without(valid, middle)
                                   : at::ones({around.size(0), 1, 1, 1}, around.options());
    const at::Tensor sum = weights.sum(0);
    constexpr double least = 0.5; // of one frame
    return {(around * weights).sum(0) / sum.clamp_min(least),
            (sum < least).expand({1, window.size(2), window.size(3)})};
}

at::Tensor evidence_of(const at::Tensor& picture, const at::Tensor& window, const at::Tensor& valid,
                       std::int64_t middle) {
    constexpr double rounding = 1.0 / 255;
    constexpr double never = std::numeric_limits<float>::infinity();
    const at::Tensor around = without(window, middle);
    at::Tensor low = around;
    at::Tensor high = around;
    if (valid.defined()) {
        const at::Tensor hidden = without(valid, middle).logical_not();
        low = around.masked_fill(hidden, never);
        high = around.masked_fill(hidden, -never);
    }
    const at::Tensor shown = (picture >= low.amin(0) - rounding)
                                 .logical_and_(picture <= high.amax(0) + rounding)
                                 .all(0, true);
    return at::full_like(shown, std::int64_t{OLDFILM_SYNTHESIZED}, at::kByte)
        .masked_fill_(shown, std::int64_t{OLDFILM_RECOVERED});
}

} // namespace scratch
