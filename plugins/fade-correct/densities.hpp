#pragma once
/// \file
/// Densities of the dyes of a color film, and what fading has done to them.
///
/// A color film holds three dyes. As a dye fades, the density that it adds to its channel shrinks
/// in proportion, and a stain adds a constant (Gschwind and Frey, "Electronic imaging, a tool for
/// the reconstruction of faded color photographs", 1994). In density the fading of a channel is
/// therefore a straight line, which can be inverted. The line is estimated from what is lightest
/// and darkest in a shot, since most shots have something nearly white and something nearly black:
/// once channel by channel, once by place. Where both disagree, less is corrected.

#include <ATen/core/Tensor.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace oldfilm::stages {

/// Density 0 is the lightest that can be coded; darker than this is noise.
inline constexpr double densest = 3.0;

/// Densities, base 10, of coded sRGB samples: -log10 of linear light, in [0, 3], of any shape.
at::Tensor densities(const at::Tensor& coded);
/// Coded samples in [0, 1].
at::Tensor coded_from(const at::Tensor& densities);

/// The correction of a shot: density d of channel c becomes slope[c] d + offset[c].
struct Correction {
    std::array<double, 3> slope{1, 1, 1}, offset{};

    /// Between none at all (0) and this one (1).
    [[nodiscard]] Correction scaled(double strength) const;
    /// Whether it changes samples by less than a quarter of a code value of 8 bits.
    [[nodiscard]] bool is_identity() const;
    [[nodiscard]] std::string to_json() const;
    /// Throws nlohmann::json::exception if the text is not from `to_json`.
    static Correction from_json(std::string_view json);
};

/// From thumbnails of frames of one shot, 3 x h x w densities each. Where the ranges of the
/// channels differ by less than real scenes make them differ, the correction is the identity;
/// between that and certain fading it is partial.
Correction estimate(const std::vector<at::Tensor>& thumbnails);

} // namespace oldfilm::stages
