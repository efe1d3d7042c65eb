#include "network.hpp"

#include "lab.hpp"

#include <oldfilm/sdk/luma.hpp>
#include <oldfilm/sdk/resize.hpp>

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

namespace oldfilm::stages {
namespace {

constexpr std::int64_t default_render = 256; ///< for models that declare no size of their own

} // namespace

at::Tensor luma_of(const sdk::FrameView& frame, std::int64_t height, std::int64_t width) {
    // Reduced as coded first, so that the curves run on few pixels.
    const at::Tensor reduced =
        sdk::resize_bilinear(sdk::picture(frame).unsqueeze(0), height, width);
    return lightness(luminance(reduced)).div_(100.0).clamp_(0.0, 1.0);
}

ColorNetwork::ColorNetwork(const sdk::Host& host, const std::string& model, std::int64_t height,
                           std::int64_t width, std::int64_t asked, double fade)
    : model_(host, model, "colorize"),
      manifest_(sdk::read_manifest(model_, {"luma", "grey", "hint_ab", "hint_mask", "reference"})),
      asked_(asked), fade_(fade) {
    std::tie(height_, width_) = render_size(height, width);
}

void ColorNetwork::set_reference(const at::Tensor& picture) {
    reference_ = sdk::resize_bilinear(picture, height_, width_);
}

/// The short side is the model's own, or `asked_`, both are multiples of what it needs; a strip
/// is no longer than four times that. Some models were made for a square, whatever the picture.
std::pair<std::int64_t, std::int64_t> ColorNetwork::render_size(std::int64_t height,
                                                                std::int64_t width) const {
    const std::int64_t wanted = asked_ > 0                  ? asked_
                                : manifest_.render_size > 0 ? manifest_.render_size
                                                            : default_render;
    if (manifest_.document.value("render_shape", std::string()) == "square") {
        height = width = wanted;
    }
    const double scale = static_cast<double>(wanted) / static_cast<double>(std::min(height, width));
    const auto side = [&](std::int64_t length) {
        const double exact =
            std::min(static_cast<double>(length) * scale, 4.0 * static_cast<double>(wanted));
        const auto multiple = static_cast<double>(manifest_.size_multiple);
        return std::max<std::int64_t>(std::llround(exact / multiple), 1) * manifest_.size_multiple;
    };
    return {side(height), side(width)};
}

NetworkView ColorNetwork::view_of(const at::Tensor& luma) const {
    const auto [height, width] = render_size(luma.size(2), luma.size(3));
    const at::Tensor light = sdk::resize_bilinear(luma, height, width);
    return {light, sdk::run(model_, {{"luma", light}})["features"]};
}

at::Tensor ColorNetwork::colors(const at::Tensor& picture, NetworkView& view,
                                const ShotHints& hints, std::int64_t index) const {
    const at::Tensor& light = view.luma;
    std::vector<sdk::NamedTensor> inputs;
    for (const std::string& name : manifest_.inputs) {
        inputs.push_back({name, name == "luma"        ? light
                                : name == "grey"      ? gray(picture, light)
                                : name == "reference" ? reference_
                                                      : hint_plane(name, light, hints, index)});
    }
    const sdk::NamedTensors outputs = sdk::run(model_, inputs);
    if (finds_alike()) {
        view.features = outputs["features"];
    }
    const at::Tensor output = faded(outputs);
    const bool gives_picture = manifest_.outputs.front() == "picture";
    if (yuv_) {
        return yuv_chroma(gives_picture ? output
                                        : picture_of(unlightness(light.mul(100.0)), output));
    }
    return gives_picture ? chroma(output) : output;
}

/// The first output; with an output "confidence", N x 1 x h x w in [0, 1], only that part of
/// it.
at::Tensor ColorNetwork::faded(const sdk::NamedTensors& outputs) const {
    return manifest_.has_output("confidence")
               ? outputs.front().mul(outputs["confidence"].mul(fade_).add_(1.0 - fade_))
               : outputs.front();
}

/// What a network that takes a gray picture sees: the gray of that lightness, or the coded
/// picture's own BT.601 luma, as its makers fed it.
at::Tensor ColorNetwork::gray(const at::Tensor& picture, const at::Tensor& light) const {
    if (manifest_.document.value("grey", std::string("lightness")) == "luma") {
        const at::Tensor reduced = sdk::resize_bilinear(picture, height_, width_);
        return sdk::luma(reduced, sdk::bt601).clamp(0.0, 1.0).expand({1, 3, -1, -1});
    }
    const at::Tensor none = at::zeros({1, 2, height_, width_}, light.options());
    return picture_of(unlightness(light.mul(100.0)), none);
}

/// Hints for networks that take them: 3 x 3 pixels about each point.
at::Tensor ColorNetwork::hint_plane(const std::string& name, const at::Tensor& light,
                                    const ShotHints& hints, std::int64_t index) const {
    const bool is_mask = name == "hint_mask";
    at::Tensor plane = at::zeros({1, is_mask ? 1 : 2, height_, width_}, light.options());
    const auto points = hints.at(index);
    for (std::size_t k = 0; k < points.size(); ++k) {
        const auto start = [](double part, std::int64_t side) {
            const auto at = static_cast<std::int64_t>(part * static_cast<double>(side)) - 1;
            return std::clamp<std::int64_t>(at, 0, side - 3);
        };
        const at::Tensor spot = plane.narrow(2, start(points[k][1], height_), 3)
                                    .narrow(3, start(points[k][0], width_), 3);
        spot.select(1, 0).fill_(is_mask ? 1.0 : hints.tracks[k].a);
        if (!is_mask) {
            spot.select(1, 1).fill_(hints.tracks[k].b);
        }
    }
    return plane;
}

} // namespace oldfilm::stages
