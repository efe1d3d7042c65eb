#include "known.hpp"

#include <oldfilm/sdk/draft/damage.hpp>

#include <ATen/TensorOperators.h>

namespace scratch {
namespace {

using namespace oldfilm::sdk;

at::Tensor if_any(const at::Tensor& marked) {
    return marked.any().item<bool>() ? marked : at::Tensor();
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

} // namespace scratch
