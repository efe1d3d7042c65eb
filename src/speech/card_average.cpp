#include "speech/card_average.hpp"

#include "speech/thumbnail.hpp"

#include <oldfilm/sdk/warp.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/stack.h>

#include <vector>

namespace oldfilm::speech {
namespace {

/// Of the values of a pixel, those at each end that do not count.
constexpr double dust = 0.2;

at::Tensor to_float(const at::Tensor& luma) {
    return luma.to(at::kFloat).div_(255);
}

} // namespace

at::Tensor average_of(const std::vector<at::Tensor>& frames, std::size_t clearest) {
    const Thumbnail reference(to_float(frames.at(clearest)));
    std::vector<at::Tensor> all;
    for (const at::Tensor& frame : frames) {
        const at::Tensor luma = to_float(frame);
        const Thumbnail::Motion motion = reference.motion_to(Thumbnail(luma));
        all.push_back(sdk::shifted(luma, motion.x, motion.y));
    }
    const auto count = static_cast<std::int64_t>(all.size());
    const auto drop = static_cast<std::int64_t>(dust * static_cast<double>(count));
    const at::Tensor sorted = std::get<0>(at::stack(all).sort(0));
    return sorted.slice(0, drop, count - drop).mean(0);
}

} // namespace oldfilm::speech
