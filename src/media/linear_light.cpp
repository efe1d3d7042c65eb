#include "media/linear_light.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/sign.h>
#include <ATen/ops/where.h>
#include <fmt/format.h>

#include <optional>

namespace oldfilm::media {
namespace {

/// value = scale * linear ^ (1 / power) - offset above `knee` (of linear light), slope * linear
/// below.
struct Curve {
    double power, offset, slope, knee;
};

std::optional<Curve> curve_of(int transfer) {
    switch (transfer) {
    case AVCOL_TRC_BT709:
    case AVCOL_TRC_SMPTE170M:
    case AVCOL_TRC_BT2020_10:
    case AVCOL_TRC_BT2020_12:
        return Curve{1 / 0.45, 0.099296826809442, 4.5, 0.018053968510807};
    case AVCOL_TRC_GAMMA22:
        return Curve{2.2, 0, 1, 0};
    case AVCOL_TRC_GAMMA28:
        return Curve{2.8, 0, 1, 0};
    case AVCOL_TRC_LINEAR:
        return Curve{1, 0, 1, 0};
    case AVCOL_TRC_RESERVED0:
    case AVCOL_TRC_UNSPECIFIED:
    case AVCOL_TRC_IEC61966_2_1:
        return Curve{2.4, 0.055, 12.92, 0.0031308};
    default:
        return std::nullopt;
    }
}

} // namespace

bool is_linear_light(const Layout& layout, const ColorTags& tags) {
    return layout.real && (tags.transfer == AVCOL_TRC_LINEAR ||
                           tags.transfer == AVCOL_TRC_UNSPECIFIED || tags.transfer == 0);
}

ColorTags picture_tags(ColorTags tags, const Layout& layout) {
    if (is_linear_light(layout, tags)) {
        tags.transfer = picture_transfer;
    }
    return tags;
}

at::Tensor from_linear(const at::Tensor& linear) {
    const Curve curve = *curve_of(picture_transfer);
    const at::Tensor light = linear.abs();
    const at::Tensor value =
        light.pow(1 / curve.power).mul_(1 + curve.offset).sub_(curve.offset).mul_(linear.sign());
    return at::where(light > curve.knee, value, linear * curve.slope);
}

at::Tensor to_linear(const at::Tensor& picture, int transfer) {
    check_invertible(transfer, "the output");
    const Curve curve = *curve_of(transfer);
    const at::Tensor value = picture.abs();
    const at::Tensor light =
        ((value + curve.offset) / (1 + curve.offset)).pow_(curve.power).mul_(picture.sign());
    return at::where(value > curve.knee * curve.slope, light, picture / curve.slope);
}

void check_invertible(int transfer, const std::string& path) {
    if (!curve_of(transfer)) {
        throw Error(
            Errc::unsupported,
            fmt::format(
                "{} must be linear light, as OpenEXR is, and the film's transfer ({}) is "
                "not one that is brought there; use .tif or .dpx, which take samples as "
                "they are",
                path,
                av_color_transfer_name(static_cast<AVColorTransferCharacteristic>(transfer))));
    }
}

} // namespace oldfilm::media
