#include "lab.hpp"

#include <oldfilm/sdk/luma.hpp>
#include <oldfilm/sdk/srgb.hpp>

#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>

#include <algorithm>

namespace oldfilm::stages {
namespace {

constexpr double white_x = 0.950470;
constexpr double white_z = 1.088830;
// Luminance of R, G and B, and what R and B take from X and Z (IEC 61966-2-1).
constexpr double y_r = 0.2126729, y_g = 0.7151522, y_b = 0.0721750;
constexpr double r_x = 3.2404542, r_z = -0.4985314;
constexpr double b_x = 0.0556434, b_z = 1.0572252;
constexpr double knee = 6.0 / 29.0; ///< of CIELAB's curve, in its result

// Each curve is a power above its knee and the tangent below; the two parts are added, each held at
// the knee on the other's side, which takes fewer passes over the pixels than a choice between
// them.

/// f of CIELAB.
at::Tensor curve(const at::Tensor& t) {
    constexpr double at_knee = knee * knee * knee;
    return t.clamp_min(at_knee).pow_(1.0 / 3.0).add_(
        t.clamp_max(at_knee).sub_(at_knee).mul_(1.0 / (3.0 * knee * knee)));
}
at::Tensor uncurve(const at::Tensor& f) {
    const at::Tensor above = f.clamp_min(knee);
    return above.mul(above).mul_(above).add_(f.clamp_max(knee).sub_(knee), 3.0 * knee * knee);
}

at::Tensor plane(const at::Tensor& picture, std::int64_t channel) {
    return picture.narrow(1, channel, 1);
}

} // namespace

at::Tensor luminance(const at::Tensor& picture) {
    const at::Tensor light = sdk::srgb_to_linear(picture);
    if (light.size(1) == 1) {
        return light;
    }
    return plane(light, 0).mul(y_r).add_(plane(light, 1), y_g).add_(plane(light, 2), y_b);
}

at::Tensor lightness(const at::Tensor& luminance) {
    return curve(luminance).mul_(116.0).sub_(16.0);
}

at::Tensor unlightness(const at::Tensor& lightness) {
    return uncurve(lightness.add(16.0).div_(116.0));
}

at::Tensor chroma(const at::Tensor& rgb) {
    const at::Tensor light = sdk::srgb_to_linear(rgb);
    const at::Tensor r = plane(light, 0), g = plane(light, 1), b = plane(light, 2);
    const at::Tensor fx =
        curve(r.mul(0.4124564).add_(g, 0.3575761).add_(b, 0.1804375).div_(white_x));
    const at::Tensor fy = curve(r.mul(y_r).add_(g, y_g).add_(b, y_b));
    const at::Tensor fz =
        curve(r.mul(0.0193339).add_(g, 0.1191920).add_(b, 0.9503041).div_(white_z));
    return at::cat({fx.sub(fy).mul_(500.0), fy.sub(fz).mul_(200.0)}, 1);
}

at::Tensor recolored(const at::Tensor& picture, const at::Tensor& ab) {
    const std::int64_t height = picture.size(2);
    std::int64_t rows = height;
    if (picture.device().is_cpu()) {
        // Some forty passes follow: 32768 pixels a thread stay in its cache between them, and are
        // what LibTorch gives a thread at least. Twice as fast as whole planes on a 2 MB cache.
        rows = std::max<std::int64_t>(32768 * at::get_num_threads() / picture.size(3), 1);
    }
    const at::Tensor result = at::empty({1, 3, height, picture.size(3)}, picture.options());
    for (std::int64_t y = 0; y < height; y += rows) {
        const std::int64_t count = std::min(rows, height - y);
        result.narrow(2, y, count)
            .copy_(picture_of(luminance(picture.narrow(2, y, count)), ab.narrow(2, y, count)));
    }
    return result;
}

at::Tensor picture_of(const at::Tensor& luminance, const at::Tensor& ab) {
    const at::Tensor fy = curve(luminance);
    // How far X and Z lie from those of gray; R and B follow, and G keeps the luminance.
    const at::Tensor dx = uncurve(fy.add(plane(ab, 0), 1.0 / 500.0)).sub_(luminance);
    const at::Tensor dz = uncurve(fy.sub(plane(ab, 1), 1.0 / 200.0)).sub_(luminance);
    const at::Tensor dr = dx.mul(r_x * white_x).add_(dz, r_z * white_z);
    const at::Tensor db = dx.mul(b_x * white_x).add_(dz, b_z * white_z);
    const at::Tensor dg = dr.mul(-y_r / y_g).add_(db, -y_b / y_g);
    // Luminance is linear in light, so the mixture with gray has one largest share of color,
    // exactly. Some channel lies above the gray and some below, unless all are gray.
    const at::Tensor most = at::maximum(at::maximum(dr, dg), db).clamp_min_(1e-9);
    const at::Tensor least = at::minimum(at::minimum(dr, dg), db).clamp_max_(-1e-9);
    const at::Tensor above = luminance.neg().add_(1.0).div_(most);
    const at::Tensor below = luminance.neg().div_(least);
    const at::Tensor share = at::minimum(above, below).clamp_(0.0, 1.0);
    return sdk::linear_to_srgb(at::cat({dr, dg, db}, 1).mul_(share).add_(luminance));
}

at::Tensor yuv_chroma(const at::Tensor& rgb) {
    const at::Tensor inside = rgb.clamp(0.0, 1.0);
    const at::Tensor y = sdk::luma(inside, sdk::bt601);
    return at::cat({plane(inside, 2).sub(y), plane(inside, 0).sub(y)}, 1);
}

at::Tensor recolored_yuv(const at::Tensor& picture, const at::Tensor& differences) {
    const at::Tensor y = sdk::luma(picture, sdk::bt601);
    const at::Tensor b = plane(differences, 0);
    const at::Tensor r = plane(differences, 1);
    const at::Tensor g =
        r.mul(-sdk::bt601[0] / sdk::bt601[1]).add_(b, -sdk::bt601[2] / sdk::bt601[1]);
    return at::cat({r, g, b}, 1).add_(y).clamp_(0.0, 1.0);
}

} // namespace oldfilm::stages
