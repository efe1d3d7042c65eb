#pragma once
/// \file
/// Where stages leave frames as they are.

#include "pipeline/spec.hpp"

#include <oldfilm/frame.hpp>
#include <oldfilm/regions.hpp>

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace oldfilm {

/// The regions of one stage.
class Protection {
  public:
    /// Nothing is protected.
    Protection() = default;
    /// Of `regions` those that count for `stage`. `width` and `height` are those of the film.
    Protection(const std::vector<ProtectedRegion>& regions, const CheckedStage& stage,
               std::int64_t width, std::int64_t height);
    /// `made` from `frame`, with what is protected as in `frame`, and without repairs there.
    [[nodiscard]] Frame applied(const Frame& frame, Frame made) const;

  private:
    [[nodiscard]] at::Tensor mask_for(const Frame& frame) const;

    std::vector<ProtectedRegion> regions_;
    double width_ = 1, height_ = 1;
};

/// Throws `Error` (invalid_argument) for regions that are none, and for stages that `stages` lack.
void check_regions(const std::vector<ProtectedRegion>& regions,
                   const std::vector<CheckedStage>& stages);

/// Adds "protect" to a document, where there are regions.
void add_regions(nlohmann::json& document, const std::vector<ProtectedRegion>& regions);
/// What "protect" of a document says. Throws `Error` (invalid_argument).
[[nodiscard]] std::vector<ProtectedRegion> regions_from(const nlohmann::json& document);

namespace pipeline {

/// Samples of `mask` (height x width, rows one after the other) whose centers lie in `polygon`
/// become 1.
OLDFILM_API void fill_polygon(std::vector<std::uint8_t>& mask, std::int64_t width,
                              std::int64_t height,
                              const std::vector<std::array<double, 2>>& polygon);

} // namespace pipeline

} // namespace oldfilm
