#pragma once
/// \file
/// The colors of tinted or toned film by luma.

#include <ATen/core/Tensor.h>

#include <array>
#include <string>

namespace oldfilm::stages {

/// Colors for luma 0, 1/16 ... 1, of which those between are interpolated.
class TintColors {
  public:
    static constexpr std::size_t count = 17;

    /// `text`: 17 colors as hexadecimal RRGGBB with spaces between; empty: none. Throws
    /// `sdk::Failure` (invalid).
    explicit TintColors(const std::string& text);
    [[nodiscard]] bool empty() const { return empty_; }
    /// `luma`: 1 x H x W float32, nominally in [0, 1]; the result is 3 x H x W on its device.
    [[nodiscard]] at::Tensor of(const at::Tensor& luma) const;

  private:
    bool empty_;
    std::array<float, 3 * count> values_{}; ///< in [0, 1]; all of R, then G, then B
};

} // namespace oldfilm::stages
