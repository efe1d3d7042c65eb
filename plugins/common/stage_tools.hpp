#pragma once
/// \file
/// What several stages need beside the SDK: luma, resizing, warping, reading a manifest.
/// Header-only; LibTorch's operators and nlohmann/json are all that it stands on.

#include <oldfilm/stage_torch.hpp>

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/_upsample_bilinear2d_aa.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/grid_sampler_2d.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace oldfilm::stages {

/// Weights of R, G and B in luma.
using LumaWeights = std::array<double, 3>;

/// Of a picture with these tags; untagged pictures are BT.601 below 720 lines and BT.709 from there
/// on.
inline LumaWeights luma_weights(const oldfilm_color& color, std::int64_t height) {
    switch (color.matrix) {
    case 1:
        return {0.2126, 0.7152, 0.0722};
    case 4:
    case 5:
    case 6:
        return {0.299, 0.587, 0.114};
    case 9:
    case 10:
        return {0.2627, 0.6780, 0.0593};
    default:
        break;
    }
    return height < 720 ? LumaWeights{0.299, 0.587, 0.114} : LumaWeights{0.2126, 0.7152, 0.0722};
}

/// Luma, ... x 1 x H x W, of a picture ... x C x H x W; a monochrome one is its own luma.
inline at::Tensor luma(const at::Tensor& picture, const LumaWeights& weights) {
    if (picture.size(-3) == 1) {
        return picture;
    }
    at::Tensor sum = picture.narrow(-3, 0, 1).mul(weights[0]);
    sum.add_(picture.narrow(-3, 1, 1), weights[1]);
    sum.add_(picture.narrow(-3, 2, 1), weights[2]);
    return sum;
}

/// N x C x H x W resized by a bicubic kernel (a = -0.5) that widens when it reduces, so nothing
/// aliases.
inline at::Tensor resize_bicubic(const at::Tensor& picture, std::int64_t height,
                                 std::int64_t width) {
    if (picture.size(2) == height && picture.size(3) == width) {
        return picture;
    }
    return at::_upsample_bicubic2d_aa(picture.contiguous(), {height, width}, false);
}

/// Bilinear; where it reduces, a triangle as wide as the step, so nothing aliases.
inline at::Tensor resize_bilinear(const at::Tensor& picture, std::int64_t height,
                                  std::int64_t width) {
    if (picture.size(2) == height && picture.size(3) == width) {
        return picture;
    }
    if (picture.size(2) <= height && picture.size(3) <= width) {
        return at::upsample_bilinear2d(picture, {height, width}, false);
    }
    return at::_upsample_bilinear2d_aa(picture.contiguous(), {height, width}, false);
}

/// The places p + flow(p) as `sample_at` takes them; flow N x 2 x H x W in pixels (x, then y).
inline at::Tensor places(const at::Tensor& flow) {
    const std::int64_t height = flow.size(2);
    const std::int64_t width = flow.size(3);
    const double sx = 2.0 / static_cast<double>(std::max<std::int64_t>(width - 1, 1));
    const double sy = 2.0 / static_cast<double>(std::max<std::int64_t>(height - 1, 1));
    const at::Tensor x = at::arange(width, flow.options()).view({1, 1, width});
    const at::Tensor y = at::arange(height, flow.options()).view({1, height, 1});
    return at::stack(
        {flow.select(1, 0).add(x).mul_(sx).sub_(1.0), flow.select(1, 1).add(y).mul_(sy).sub_(1.0)},
        3);
}

/// `picture`, N x C x H x W, at these places. Bilinear; the border goes on for ever.
inline at::Tensor sample_at(const at::Tensor& picture, const at::Tensor& places) {
    constexpr std::int64_t bilinear = 0;
    constexpr std::int64_t border = 1;
    return at::grid_sampler_2d(picture, places, bilinear, border, true);
}

/// `picture` at p + flow(p).
inline at::Tensor warp(const at::Tensor& picture, const at::Tensor& flow) {
    return sample_at(picture, places(flow));
}

/// What a stage reads of a model's manifest.
struct ModelFacts {
    std::vector<std::string> inputs, outputs;
    std::int64_t channels = 3, scale = 1, size_multiple = 1, render_size = 0;
    int before = 0, after = 0; ///< frames of its window about the center
    std::string id;
    nlohmann::json manifest; ///< the whole of it, for what only one stage asks

    [[nodiscard]] bool gives(const std::string& name) const {
        return std::find(outputs.begin(), outputs.end(), name) != outputs.end();
    }
    [[nodiscard]] bool takes(const std::string& name) const {
        return std::find(inputs.begin(), inputs.end(), name) != inputs.end();
    }
};

/// Throws `sdk::Failure` when an input that the manifest names is none of `known`.
inline ModelFacts facts(const sdk::Model& model, const std::vector<std::string>& known) {
    const auto manifest = nlohmann::json::parse(model.manifest());
    ModelFacts result;
    result.id = manifest.value("id", std::string("the model"));
    result.inputs = manifest.value("inputs", std::vector<std::string>{});
    result.outputs = manifest.value("outputs", std::vector<std::string>{});
    result.channels = manifest.value("channels", std::int64_t{3});
    result.scale = manifest.value("scale", std::int64_t{1});
    result.size_multiple =
        std::max<std::int64_t>(manifest.value("size_multiple", std::int64_t{1}), 1);
    if (const auto window = manifest.find("window"); window != manifest.end()) {
        result.before = window->value("before", 0);
        result.after = window->value("after", 0);
    }
    result.render_size = manifest.value("render_size", std::int64_t{0});
    result.manifest = manifest;
    for (const std::string& input : result.inputs) {
        if (std::find(known.begin(), known.end(), input) == known.end()) {
            std::string names;
            for (const std::string& name : known) {
                names.append(names.empty() ? "" : ", ").append(name);
            }
            throw sdk::Failure(result.id + " wants an input \"" + input +
                                   "\"; this stage supplies " + names + "; choose another model",
                               OLDFILM_INVALID);
        }
    }
    return result;
}

} // namespace oldfilm::stages
