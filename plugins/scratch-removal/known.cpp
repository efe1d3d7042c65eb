#include "known.hpp"

#include <oldfilm/sdk/draft/damage.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>

namespace scratch {
namespace {

using namespace oldfilm::sdk;

at::Tensor if_any(const at::Tensor& marked) {
    return marked.any().item<bool>() ? marked : at::Tensor();
}

at::Tensor without(const at::Tensor& frames, std::int64_t middle) {
    return at::cat({frames.slice(0, 0, middle), frames.slice(0, middle + 1)});
}

} // namespace

Known known_damage(const Host& host, const FrameView& frame) {
    const at::Tensor damage = draft::damage(host, frame);
    if (!damage.defined()) {
        return {};
    }
    return {if_any(damage > 0), if_any(damage < 0)};
}

at::Tensor without_clean(const at::Tensor& found, const Known& known) {
    return known.clean.defined() ? found.logical_and(known.clean.logical_not()) : found;
}

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

} // namespace scratch
