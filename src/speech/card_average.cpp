#include "speech/card_average.hpp"

#include "speech/thumbnail.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/grid_sampler_2d.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <vector>

namespace oldfilm::speech {
namespace {

/// Of the values of a pixel, those at each end that do not count.
constexpr double dust = 0.2;

at::Tensor to_float(const at::Tensor& luma) {
    return luma.to(at::kFloat).div_(255);
}

/// The picture, of which each pixel comes from `by` away; bicubic.
at::Tensor moved(const at::Tensor& luma, Thumbnail::Motion by) {
    constexpr std::int64_t bicubic = 2;
    constexpr std::int64_t border = 1;
    const std::int64_t height = luma.size(1);
    const std::int64_t width = luma.size(2);
    const auto line = [&](std::int64_t size, double offset) {
        const double half = std::max(static_cast<double>(size - 1) / 2, 0.5);
        return at::arange(size, luma.options()).add_(offset).div_(half).sub_(1.0);
    };
    const at::Tensor x = line(width, by.x).view({1, 1, width}).expand({1, height, width});
    const at::Tensor y = line(height, by.y).view({1, height, 1}).expand({1, height, width});
    return at::grid_sampler_2d(luma.unsqueeze(0), at::stack({x, y}, 3), bicubic, border, true)
        .squeeze(0);
}

} // namespace

at::Tensor average_of(const std::vector<at::Tensor>& frames, std::size_t clearest) {
    const Thumbnail reference(to_float(frames.at(clearest)));
    std::vector<at::Tensor> all;
    for (const at::Tensor& frame : frames) {
        const at::Tensor luma = to_float(frame);
        all.push_back(moved(luma, reference.motion_to(Thumbnail(luma))));
    }
    const auto count = static_cast<std::int64_t>(all.size());
    const auto drop = static_cast<std::int64_t>(dust * static_cast<double>(count));
    const at::Tensor sorted = std::get<0>(at::stack(all).sort(0));
    return sorted.slice(0, drop, count - drop).mean(0);
}

} // namespace oldfilm::speech
