#pragma once
/// \file
/// Whether a shot is black and white, tinted, or in color.

#include <oldfilm/analysis.hpp>

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

namespace oldfilm::analysis {

/// Gathers the colors of a shot by their luma.
class Colors {
  public:
    /// `picture`: C x H x W, any device.
    void add(const at::Tensor& picture);
    [[nodiscard]] Coloring coloring() const;
    /// Whether colors are as near to gray as few tints are.
    [[nodiscard]] bool is_faint() const;
    /// Colors for each luma; where the shot has none, as far from gray as the nearest one.
    [[nodiscard]] Tint tint() const;

  private:
    /// Sums over the places of about one luma; colors less luma.
    struct Bin {
        double count = 0, luma = 0;
        std::array<double, 3> sum{}, squares{};
    };
    static constexpr std::size_t bins = 32;

    /// Root mean square of the distance from gray of each luma's mean color, and of that of a place
    /// from its luma's mean color; in [0, 1] units.
    struct Spread {
        double mean = 0, within = 0;
    };
    [[nodiscard]] Spread spread() const;

    std::array<Bin, bins> bins_;
};

} // namespace oldfilm::analysis
