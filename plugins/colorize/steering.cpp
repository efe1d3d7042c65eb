#include "steering.hpp"

#include "lab.hpp"

#include <oldfilm/sdk/resize.hpp>

#include <ATen/ops/ones_like.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace oldfilm::stages {
namespace {

constexpr std::int64_t reference_side = 256; ///< short side at which a reference picture is read
constexpr std::int64_t carried_side = 240;   ///< short side at which keyframes' colors are carried

} // namespace

Steering::Steering(const sdk::Host& host, ColorNetwork& network, const sdk::Values& values,
                   const sdk::Format& input)
    : ahead_(static_cast<int>(values.integer("keyframes_ahead"))) {
    read_reference(values.text("reference"), sdk::device(input), network);
    read_keys(host, values.text("keyframes"), input);
}

void Steering::read_reference(const std::string& path, const c10::Device& device,
                              ColorNetwork& network) {
    if (path.empty()) {
        if (network.manifest().has_input("reference")) {
            throw sdk::Failure(network.manifest().id +
                                   " needs a reference picture; set the parameter reference",
                               sdk::Status::invalid);
        }
        return;
    }
    const at::Tensor picture = read_picture(path, reference_side).to(device);
    network.set_reference(picture);
    const at::Tensor luma = lightness(luminance(picture)).div_(100.0);
    if (network.finds_alike()) {
        Keyframe& example = example_.emplace();
        example.luma = luma.clamp(0.0, 1.0);
        example.ab = chroma(picture);
        example.known = at::ones_like(example.luma);
    } else if (!network.manifest().has_input("reference")) {
        palette_ = palette({luma.squeeze(0), chroma(picture)});
    }
}

/// After the reference picture.
void Steering::read_keys(const sdk::Host& host, const std::string& folder,
                         const sdk::Format& input) {
    has_keyframes_ = !folder.empty();
    const double scale =
        std::min(1.0, static_cast<double>(carried_side) /
                          static_cast<double>(std::min(input.height, input.width)));
    const auto side = [&](std::int64_t length) {
        return std::max<std::int64_t>(std::llround(static_cast<double>(length) * scale), 1);
    };
    height_ = side(input.height);
    width_ = side(input.width);
    std::vector<Keyframe> keys;
    if (has_keyframes_) {
        keys = read_keyframes(folder, input.height, input.width, height_, width_);
    }
    if (example_) {
        keys.push_back(std::move(*example_));
        example_.reset();
    }
    const c10::Device device = sdk::device(input);
    for (Keyframe& key : keys) {
        key.luma = key.luma.to(device);
        key.ab = key.ab.to(device);
        key.known = key.known.to(device);
    }
    if (!keys.empty()) {
        keyed_.emplace(host, std::move(keys), ahead_);
    }
}

std::int64_t Steering::memory(std::int64_t after) const {
    // Of each frame ahead: luma, flow both ways, and what a later keyframe brings.
    return has_keyframes_ ? 4 * height_ * width_ * (12 * after + 60) : 0;
}

void Steering::reset() {
    if (keyed_) {
        keyed_->reset();
    }
}

void Steering::see(const sdk::Request& request) {
    for (std::size_t i = 0; keyed_ && i < request.count(); ++i) {
        const sdk::FrameView frame = request.frame(i);
        if (!keyed_->has_seen(frame.index())) {
            keyed_->see(frame, luma_of(frame, height_, width_).squeeze(0));
        }
    }
}

at::Tensor Steering::explained(SmallFrame frame, const NetworkView& view, std::int64_t index,
                               const ColorNetwork& network) {
    if (palette_) {
        frame.ab = transferred(frame, *palette_);
    }
    return keyed_ ? keyed_->explained(frame, view, index, network) : frame.ab;
}

at::Tensor Steering::carried_over(const at::Tensor& ab, std::int64_t index) {
    return has_keyframes_ ? keyed_->carried_over(sdk::resize_bilinear(ab, height_, width_), index)
                          : ab;
}

} // namespace oldfilm::stages
