#include "steady.hpp"

#include <oldfilm/sdk/warp.hpp>

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones_like.h>

namespace oldfilm::stages {
namespace {

/// Difference of L / 100 at which a carried color counts for 1/e.
constexpr double tolerance = 0.06;

} // namespace

at::Tensor summand(const at::Tensor& ab) {
    return at::cat({ab, at::ones_like(ab.narrow(1, 0, 1))}, 1);
}

Step step(const sdk::Host& host, const SmallFrame& from, const SmallFrame& to) {
    Step result;
    result.places = sdk::positions(sdk::flow(host, to.luma, from.luma).unsqueeze(0));
    at::Tensor error = sdk::sample_at(from.luma.unsqueeze(0), result.places).sub_(to.luma);
    error.sub_(error.mean()); // flicker is no movement
    // Averaged, so that grain does not decide.
    error = at::avg_pool2d(error.mul(error), {5, 5}, {1, 1}, {2, 2}, false, false);
    result.trust = error.div_(-tolerance * tolerance).exp_();
    return result;
}

at::Tensor steady(const std::vector<SmallFrame>& frames, std::size_t center,
                  const std::vector<Step>& forward, const std::vector<Step>& back) {
    at::Tensor total = frames[center].summand.clone();
    if (center > 0) {
        at::Tensor carried = frames[0].summand;
        for (std::size_t i = 0; i < center; ++i) {
            carried = sdk::sample_at(carried, forward[i].places).mul_(forward[i].trust);
            if (i + 1 < center) {
                carried.add_(frames[i + 1].summand);
            }
        }
        total.add_(carried);
    }
    if (center + 1 < frames.size()) {
        at::Tensor carried = frames.back().summand;
        for (std::size_t i = frames.size() - 1; i > center; --i) {
            carried = sdk::sample_at(carried, back[i - 1].places).mul_(back[i - 1].trust);
            if (i - 1 > center) {
                carried.add_(frames[i - 1].summand);
            }
        }
        total.add_(carried);
    }
    return total.narrow(1, 0, 2).div(total.narrow(1, 2, 1));
}

} // namespace oldfilm::stages
