#include "carry.hpp"

#include <oldfilm/sdk/warp.hpp>

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <iterator>

namespace oldfilm::stages {
namespace {

/// Difference of L / 100 at which carried colors count for 1/e.
constexpr double color_tolerance = 0.1;
/// Where flow forward and backward disagree, so much of the confidence stays: against another
/// keyframe, and against colors without motion. On even surfaces they disagree and do no harm.
constexpr double against_keyframes = 0.3, against_others = 0.8;
/// Keyframes with transparent parts let older ones show through: so many of them.
constexpr std::size_t most_layers = 4;

at::Tensor averaged(const at::Tensor& t, std::int64_t reach) {
    const std::int64_t side = 2 * reach + 1;
    return at::avg_pool2d(t, {side, side}, {1, 1}, {reach, reach}, false, false);
}

at::Tensor mean_square(const at::Tensor& difference, std::int64_t reach) {
    return averaged(difference.mul(difference), reach);
}

at::Tensor channels_last(const at::Tensor& places) {
    return places.permute({0, 2, 3, 1});
}

/// How far two flows agree, and point into the picture: 1 x 1 x H x W.
at::Tensor agreement(const at::Tensor& there, const at::Tensor& back, const at::Tensor& at) {
    const at::Tensor apart = there.add(sdk::sample_at(back, at)).square_().sum(1, true);
    const at::Tensor allowed = there.square().sum(1, true).mul_(0.05).add_(0.5);
    const at::Tensor inside = at.abs().amax(3).le(1.0).unsqueeze(1);
    return apart.div_(allowed).neg_().exp_().mul_(inside);
}

} // namespace

Chain::Chain(std::shared_ptr<const Keyframe> key, at::Tensor luma)
    : key_(std::move(key)), luma_(luma.unsqueeze(0)) {
    places_ = sdk::positions(at::zeros({1, 2, luma_.size(2), luma_.size(3)}, luma_.options()))
                  .permute({0, 3, 1, 2})
                  .contiguous();
    sure_ = at::ones_like(luma_);
}

void Chain::step(const sdk::Host& host, const at::Tensor& to, const at::Tensor& there,
                 const at::Tensor& back) {
    const at::Tensor flow = there.unsqueeze(0);
    const at::Tensor at = sdk::positions(flow);
    const at::Tensor moved = sdk::sample_at(places_, at);
    sure_ = sdk::sample_at(sure_, at).mul_(agreement(flow, back.unsqueeze(0), at));
    const at::Tensor seen = sdk::sample_at(luma_, channels_last(moved));
    const at::Tensor rest = sdk::flow(host, to, seen.squeeze(0)).unsqueeze(0);
    const at::Tensor corrected = sdk::sample_at(moved, sdk::positions(rest));
    const at::Tensor better =
        mean_square(sdk::sample_at(luma_, channels_last(corrected)).sub_(to.unsqueeze(0)), 2);
    places_ = at::where(better.lt(mean_square(seen.sub(to.unsqueeze(0)), 2)), corrected, moved);
    ++distance_;
}

Carried Chain::at(const at::Tensor& luma) const {
    const at::Tensor places = channels_last(places_);
    const at::Tensor moved = sdk::sample_at(at::cat({luma_, key_->known, key_->ab}, 1), places);
    at::Tensor apart = moved.narrow(1, 0, 1).sub(luma.unsqueeze(0));
    apart.sub_(apart.median()); // flicker is no motion
    const at::Tensor alike = mean_square(apart, 1).div_(-color_tolerance * color_tolerance).exp_();
    const at::Tensor ab = moved.narrow(1, 2, 2);
    Carried result;
    // Where motion is uncertain, detail is in the wrong place.
    result.ab = distance_ == 0 ? ab : at::lerp(averaged(ab, 1), ab, alike);
    result.known = moved.narrow(1, 1, 1);
    const auto lowered = [&](double rest) { return alike.mul(sure_.mul(1.0 - rest).add_(rest)); };
    result.sure = lowered(against_keyframes);
    result.strength = lowered(against_others);
    result.distance = distance_;
    return result;
}

void Carrier::reset() {
    frames_.clear();
    chains_.clear();
    reached_ = -1;
}

void Carrier::see(std::int64_t index, const at::Tensor& luma, std::shared_ptr<const Keyframe> key) {
    frames_[index] = {luma, key, {}, {}, {}};
    if (key) {
        carry_back(index);
    }
}

/// The frame, with its flow to the one before.
const Carrier::Seen& Carrier::linked(std::int64_t index) {
    Seen& seen = frames_.at(index);
    if (!seen.there.defined()) {
        const at::Tensor& before = frames_.at(index - 1).luma;
        seen.there = sdk::flow(host_, seen.luma, before);
        seen.back = sdk::flow(host_, before, seen.luma);
    }
    return seen;
}

/// To all frames before that are held, up to the next opaque keyframe.
void Carrier::carry_back(std::int64_t index) {
    const Seen& origin = frames_.at(index);
    Chain chain(origin.key, origin.luma);
    for (std::int64_t i = index - 1; frames_.count(i) > 0; --i) {
        Seen& seen = frames_.at(i);
        if (seen.from_later.size() >= most_layers || (seen.key && seen.key->opaque)) {
            return;
        }
        const Seen& after = linked(i + 1);
        chain.step(host_, seen.luma, after.back, after.there);
        seen.from_later.push_back(chain.at(seen.luma));
    }
}

void Carrier::carry_on(std::int64_t index) {
    const auto begin = frames_.find(index);
    if (!chains_.empty() && reached_ == index - 1) {
        const Seen& seen = linked(index);
        for (Chain& chain : chains_) {
            chain.step(host_, seen.luma, seen.there, seen.back);
        }
    }
    if (const auto& key = begin->second.key) {
        if (key->opaque) {
            chains_.clear();
        }
        chains_.emplace_back(key, begin->second.luma);
        if (chains_.size() > most_layers) {
            chains_.erase(chains_.begin());
        }
    }
    reached_ = index;
}

std::vector<Carried> Carrier::at(std::int64_t index) {
    carry_on(index);
    // The frame before is kept for its flow to this one, and goes now.
    frames_.erase(frames_.begin(), frames_.lower_bound(index));
    const Seen& seen = frames_.at(index);
    std::vector<Carried> all = seen.from_later;
    for (const Chain& chain : chains_) {
        all.push_back(chain.at(seen.luma));
    }
    return all;
}

} // namespace oldfilm::stages
