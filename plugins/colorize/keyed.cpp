#include "keyed.hpp"

#include "reference.hpp"

#include <oldfilm/sdk/resize.hpp>

#include <ATen/ops/cat.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/ones_like.h>

#include <algorithm>
#include <numeric>

namespace oldfilm::stages {
namespace {

/// Pictures whose appearance counts in a shot, in addition to the keyframes in reach.
constexpr std::size_t most_chosen = 3;
/// How far a keyframe counts that may be of another place: what looks like it must do so more.
constexpr double elsewhere = 0.6;
/// Places lie so far apart, at the network's size; those of examples twice as far, which takes a
/// quarter of the time.
constexpr std::int64_t place = 4;

at::Tensor thumbnail_of(const at::Tensor& luma) {
    const at::Tensor small = sdk::resize_bilinear(luma, 12, 16);
    const at::Tensor even = small.sub(small.mean());
    return even.div(even.square().mean().sqrt_().add_(1e-3));
}

} // namespace

Keyed::Keyed(const sdk::Host& host, std::vector<Keyframe> keys, std::int64_t ahead)
    : carrier_(host), ahead_(ahead) {
    for (Keyframe& key : keys) {
        add(std::move(key));
    }
}

void Keyed::add(Keyframe picture) {
    has_reference_ = has_reference_ || picture.is_reference();
    Known& known = known_.emplace_back();
    known.thumbnail = thumbnail_of(picture.luma);
    known.key = std::make_shared<const Keyframe>(std::move(picture));
}

void Keyed::reset() {
    carrier_.reset();
    last_seen_ = -1;
    for (Known& known : known_) {
        known.seen = -1;
        known.chosen = false;
    }
}

void Keyed::see(const sdk::FrameView& frame, const at::Tensor& luma) {
    if (last_seen_ < 0) {
        choose(luma.unsqueeze(0));
    }
    last_seen_ = frame.index();
    std::shared_ptr<const Keyframe> key;
    for (Known& known : known_) {
        if (!known.key->name.is(frame)) {
            continue;
        }
        if (key) {
            throw sdk::Failure("keyframes \"" + key->file + "\" and \"" + known.key->file +
                                   "\" are both for frame " + std::to_string(frame.index()) +
                                   "; expected one picture a frame: remove one of them",
                               sdk::Status::invalid);
        }
        key = known.key;
        known.seen = frame.index();
    }
    carrier_.see(frame.index(), luma, key);
}

/// The pictures most like the shot's first frame. They stay the same for the whole shot, so that
/// nothing jumps.
void Keyed::choose(const at::Tensor& luma) {
    const at::Tensor first = thumbnail_of(luma);
    std::vector<std::pair<float, std::size_t>> order;
    for (std::size_t i = 0; i < known_.size(); ++i) {
        order.emplace_back(first.sub(known_[i].thumbnail).square_().mean().item<float>(), i);
    }
    std::sort(order.begin(), order.end());
    for (std::size_t i = 0; i < std::min(order.size(), most_chosen); ++i) {
        known_[order[i].second].chosen = true;
    }
}

void Keyed::learn(Known& known, const ColorNetwork& network) {
    const NetworkView view = network.view_of(known.key->luma);
    const std::int64_t height = std::max<std::int64_t>(view.luma.size(2) / (2 * place), 1);
    const std::int64_t width = std::max<std::int64_t>(view.luma.size(3) / (2 * place), 1);
    known.examples = examples(looks(view.luma, view.features, height, width), view.luma,
                              known.key->ab, known.key->known, height, width);
}

/// Keyframes near in the shot count fully. They come and go by and by, so that nothing jumps.
double Keyed::share_of(const Known& known, std::int64_t index) const {
    const auto far = static_cast<double>(std::abs(known.seen - index));
    const double near =
        known.seen < 0 ? 0.0 : std::max(0.0, 1.0 - far / static_cast<double>(ahead_ + 1));
    return std::max(near, known.chosen ? (known.key->is_reference() ? 1.0 : elsewhere) : 0.0);
}

std::vector<Examples> Keyed::examples_for(const NetworkView& view, std::int64_t index,
                                          const ColorNetwork& network) {
    std::vector<Examples> all;
    if (!view.features.defined()) {
        return all;
    }
    for (Known& known : known_) {
        const double share = share_of(known, index);
        if (share <= 0.0) {
            continue;
        }
        if (!known.examples.looks.defined()) {
            learn(known, network);
        }
        if (known.examples.looks.size(0) > 0) {
            all.push_back(known.examples);
            all.back().share = share;
        }
    }
    return all;
}

at::Tensor Keyed::explained(const SmallFrame& frame, const NetworkView& view, std::int64_t index,
                            const ColorNetwork& network) {
    const std::vector<Examples> all = examples_for(view, index, network);
    if (all.empty()) {
        return frame.ab;
    }
    const std::int64_t height = std::max<std::int64_t>(view.luma.size(2) / place, 1);
    const std::int64_t width = std::max<std::int64_t>(view.luma.size(3) / place, 1);
    const Likeness found =
        alike(looks(view.luma, view.features, height, width), all, height, width);
    std::vector<at::Tensor> lumas, colors;
    for (const Examples& some : all) {
        lumas.push_back(some.luma.view({1, 1, -1}));
        colors.push_back(some.ab.t().unsqueeze(0).unsqueeze(2));
    }
    const Palette palette_of_keys = palette({at::cat(lumas, 2), at::cat(colors, 3)});
    // A reference picture's palette holds everywhere, that of keyframes as far as the frame is of
    // the same place.
    const at::Tensor share = has_reference_ ? at::ones_like(found.sure) : found.sure;
    at::Tensor result = at::lerp(frame.ab, transferred(frame, palette_of_keys), share.mean());
    const auto full = [&](const at::Tensor& t) {
        return sdk::resize_bilinear(t, frame.ab.size(2), frame.ab.size(3));
    };
    return at::lerp(result, full(found.ab), full(found.sure));
}

at::Tensor Keyed::carried_over(const at::Tensor& ab, std::int64_t index) {
    at::Tensor sum, weights, rest;
    for (const Carried& one : carrier_.at(index)) {
        // What motion brings is half right at least, for as long as it is near.
        const double least = 60.0 / (120.0 + static_cast<double>(one.distance));
        const at::Tensor strength = one.distance == 0
                                        ? one.known
                                        : one.strength.mul(1.0 - least).add_(least).mul_(one.known);
        const at::Tensor weight = one.sure.mul(one.known).add(1e-4).mul_(
            1.0 / (0.02 + static_cast<double>(one.distance)));
        const at::Tensor color = one.ab.mul(weight);
        const at::Tensor left = strength.mul(weight);
        if (!sum.defined()) {
            sum = color, weights = weight, rest = left;
        } else {
            sum.add_(color), weights.add_(weight), rest.add_(left);
        }
    }
    return sum.defined() ? at::lerp(ab, sum.div(weights), rest.div(weights)) : ab;
}

} // namespace oldfilm::stages
