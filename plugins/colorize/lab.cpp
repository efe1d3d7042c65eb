#include "lab.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/where.h>

namespace oldfilm::stages {
namespace {

constexpr double white_x = 0.950470;
constexpr double white_z = 1.088830;
// Luminance of R, G and B, and what R and B take from X and Z (IEC 61966-2-1).
constexpr double y_r = 0.2126729, y_g = 0.7151522, y_b = 0.0721750;
constexpr double r_x = 3.2404542, r_z = -0.4985314;
constexpr double b_x = 0.0556434, b_z = 1.0572252;
constexpr double knee = 6.0 / 29.0;

/// f of CIELAB: a cube root that is a straight line near 0.
at::Tensor curve(const at::Tensor& t) {
    return at::where(t.gt(knee * knee * knee), t.clamp_min(knee * knee * knee).pow_(1.0 / 3.0),
                     t.mul(1.0 / (3.0 * knee * knee)).add_(4.0 / 29.0));
}
at::Tensor uncurve(const at::Tensor& f) {
    return at::where(f.gt(knee), f.mul(f).mul_(f), f.sub(4.0 / 29.0).mul_(3.0 * knee * knee));
}

at::Tensor plane(const at::Tensor& picture, std::int64_t channel) {
    return picture.narrow(1, channel, 1);
}

} // namespace

at::Tensor linear(const at::Tensor& coded) {
    return at::where(coded.gt(0.04045), coded.clamp_min(0.04045).add_(0.055).div_(1.055).pow_(2.4),
                     coded.div(12.92));
}

at::Tensor coded(const at::Tensor& linear) {
    return at::where(linear.gt(0.0031308),
                     linear.clamp_min(0.0031308).pow_(1.0 / 2.4).mul_(1.055).sub_(0.055),
                     linear.mul(12.92));
}

at::Tensor luminance(const at::Tensor& picture) {
    const at::Tensor light = linear(picture);
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
    const at::Tensor light = linear(rgb);
    const at::Tensor r = plane(light, 0), g = plane(light, 1), b = plane(light, 2);
    const at::Tensor fx =
        curve(r.mul(0.4124564).add_(g, 0.3575761).add_(b, 0.1804375).div_(white_x));
    const at::Tensor fy = curve(r.mul(y_r).add_(g, y_g).add_(b, y_b));
    const at::Tensor fz =
        curve(r.mul(0.0193339).add_(g, 0.1191920).add_(b, 0.9503041).div_(white_z));
    return at::cat({fx.sub(fy).mul_(500.0), fy.sub(fz).mul_(200.0)}, 1);
}

at::Tensor picture_of(const at::Tensor& luminance, const at::Tensor& ab) {
    const at::Tensor fy = curve(luminance);
    // How far X and Z lie from those of grey; R and B follow, and G keeps the luminance.
    const at::Tensor dx = uncurve(fy.add(plane(ab, 0), 1.0 / 500.0)).sub_(luminance).mul_(white_x);
    const at::Tensor dz = uncurve(fy.sub(plane(ab, 1), 1.0 / 200.0)).sub_(luminance).mul_(white_z);
    at::Tensor dr = dx.mul(r_x).add_(dz, r_z);
    at::Tensor db = dx.mul(b_x).add_(dz, b_z);
    at::Tensor dg = dr.mul(-y_r / y_g).add_(db, -y_b / y_g);
    // Luminance is linear in light, so the mixture with grey has one largest share of colour,
    // exactly.
    const at::Tensor above = luminance.neg().add_(1.0).clamp_min_(0.0);
    const at::Tensor below = luminance.clamp_min(0.0);
    const auto room = [&](const at::Tensor& d) {
        return at::where(d.gt(0.0), above, below).div_(d.abs().clamp_min_(1e-9));
    };
    const at::Tensor share = at::minimum(at::minimum(room(dr), room(dg)), room(db)).clamp_max_(1.0);
    dr.mul_(share).add_(luminance);
    dg.mul_(share).add_(luminance);
    db.mul_(share).add_(luminance);
    return coded(at::cat({dr, dg, db}, 1));
}

} // namespace oldfilm::stages
