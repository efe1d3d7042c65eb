#include "model/tensors.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/reflection_pad2d.h>
#include <ATen/ops/replication_pad2d.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

namespace oldfilm {
namespace {

[[noreturn]] void mismatch(const Manifest& manifest, const std::string& input,
                           const std::string& expected, const at::Tensor& found) {
    const std::string shape =
        found.defined() ? fmt::format("{} of shape {}", c10::toString(found.scalar_type()),
                                      fmt::join(found.sizes().vec(), " x "))
                        : std::string("no tensor");
    throw Error(
        Errc::format_mismatch,
        fmt::format("the model {} expected {} as its input '{}', found {}; convert it first",
                    manifest.id, expected, input, shape));
}

/// A picture unless it is one value a sample (t, sigma).
bool looks_like_picture(const at::Tensor& tensor, const std::string& name) {
    if (tensor.dim() != 4 && tensor.dim() != 5) {
        return false;
    }
    return name != "t" && name != "sigma" && (tensor.size(-1) > 1 || tensor.size(-2) > 1);
}

/// Channels that the manifest promises for an input; 0 when it does not say.
std::int64_t channels_of(const std::string& name, const Manifest& manifest) {
    if (name == "picture" || name == "window" || name == "a" || name == "b" || name == "crop" ||
        name == "previous" || name == "next") {
        return manifest.channels;
    }
    if (name == "luma" || name == "mask" || name == "hint_mask") {
        return 1;
    }
    return name == "flow_ab" || name == "flow_ba" || name == "hint_ab" ? 2 : 0;
}

void check_input(const at::Tensor& tensor, const std::string& name, const Manifest& manifest,
                 const at::Device& device) {
    if (!tensor.defined() || tensor.scalar_type() != at::kFloat) {
        mismatch(manifest, name, "a float32 tensor", tensor);
    }
    if (tensor.device() != device) {
        throw Error(
            Errc::format_mismatch,
            fmt::format("the model {} expected its input '{}' on {}, found it on {}; move it first",
                        manifest.id, name, device.str(), tensor.device().str()));
    }
    const std::int64_t channels = channels_of(name, manifest);
    if (name == "window") {
        const std::int64_t length = manifest.before + 1 + manifest.after;
        if (tensor.dim() != 5 || tensor.size(1) != length || tensor.size(2) != channels) {
            mismatch(manifest, name, fmt::format("N x {} x {} x H x W", length, channels), tensor);
        }
    } else if (channels > 0 && (tensor.dim() != 4 || tensor.size(1) != channels)) {
        mismatch(manifest, name, fmt::format("N x {} x H x W", channels), tensor);
    }
    if (tensor.numel() == 0) {
        mismatch(manifest, name, "a tensor with values", tensor);
    }
}

at::Tensor pad(const at::Tensor& picture, std::int64_t right, std::int64_t below, Padding padding) {
    const at::Tensor flat = picture.dim() == 5 ? picture.flatten(0, 1) : picture;
    const std::vector<std::int64_t> sides{0, right, 0, below};
    const bool can_reflect = right < flat.size(3) && below < flat.size(2);
    const at::Tensor padded = padding == Padding::zero ? at::constant_pad_nd(flat, sides)
                              : padding == Padding::reflect && can_reflect
                                  ? at::reflection_pad2d(flat, sides)
                                  : at::replication_pad2d(flat, sides);
    return picture.dim() == 5 ? padded.view({picture.size(0), picture.size(1), picture.size(2),
                                             picture.size(3) + below, picture.size(4) + right})
                              : padded;
}

/// Channels-last, which convolutions keep. One channel is laid out alike both ways; its strides
/// have to say which, or the first convolution goes on channel by channel.
at::Tensor laid_out(const at::Tensor& picture, bool channels_last) {
    if (picture.dim() != 4 || !channels_last) {
        return picture.contiguous();
    }
    if (picture.size(1) == 1) {
        const std::int64_t height = picture.size(2);
        const std::int64_t width = picture.size(3);
        return picture.contiguous().as_strided(picture.sizes(), {height * width, 1, width, 1});
    }
    return picture.contiguous(at::MemoryFormat::ChannelsLast);
}

} // namespace

Inputs::Inputs(const std::vector<at::Tensor>& given, const Manifest& manifest,
               const at::Device& device)
    : tensors(given) {
    if (given.size() != manifest.inputs.size()) {
        throw Error(Errc::format_mismatch,
                    fmt::format("the model {} expected {} inputs ({}), found {}", manifest.id,
                                manifest.inputs.size(), fmt::join(manifest.inputs, ", "),
                                given.size()));
    }
    for (std::size_t i = 0; i < given.size(); ++i) {
        const at::Tensor& tensor = given[i];
        const std::string& name = manifest.inputs[i];
        check_input(tensor, name, manifest, device);
        const bool picture = looks_like_picture(tensor, name);
        is_picture.push_back(picture);
        if (!picture) {
            continue;
        }
        if (height == 0) {
            batch = tensor.size(0);
            height = tensor.size(-2);
            width = tensor.size(-1);
        } else if (tensor.size(0) != batch || tensor.size(-2) != height ||
                   tensor.size(-1) != width) {
            mismatch(manifest, name,
                     fmt::format("{} pictures of {} x {}, as its other inputs are", batch, height,
                                 width),
                     tensor);
        }
    }
    for (std::size_t i = 0; i < given.size(); ++i) {
        if (height > 0 && !is_picture[i] && given[i].dim() > 0 && given[i].size(0) != batch &&
            given[i].size(0) != 1) {
            mismatch(manifest, manifest.inputs[i],
                     fmt::format("{} samples, as its other inputs have", batch), given[i]);
        }
    }
}

Inputs Inputs::sample(std::int64_t index) const {
    Inputs one = *this;
    one.batch = 1;
    for (at::Tensor& tensor : one.tensors) {
        if (batch > 1 && tensor.dim() > 0 && tensor.size(0) == batch) {
            tensor = tensor.narrow(0, index, 1);
        }
    }
    return one;
}

Inputs Inputs::padded(const Manifest& manifest) const {
    const std::int64_t multiple = manifest.size_multiple;
    const std::int64_t right = (multiple - width % multiple) % multiple;
    const std::int64_t below = (multiple - height % multiple) % multiple;
    if (right == 0 && below == 0) {
        return *this;
    }
    Inputs result = *this;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (is_picture[i]) {
            result.tensors[i] = pad(tensors[i], right, below, manifest.padding);
        }
    }
    result.height += below;
    result.width += right;
    return result;
}

std::vector<at::Tensor> Inputs::region(std::int64_t top, std::int64_t bottom, std::int64_t left,
                                       std::int64_t right, bool channels_last) const {
    std::vector<at::Tensor> result = tensors;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        if (!is_picture[i]) {
            continue;
        }
        result[i] =
            laid_out(tensors[i].slice(-2, top, bottom).slice(-1, left, right), channels_last);
    }
    return result;
}

bool all_finite(const at::Tensor& tensor) {
    // A sum is finite only if every term is; float32 sums of pictures are far from overflow.
    return std::isfinite(tensor.sum().item<float>());
}

} // namespace oldfilm
