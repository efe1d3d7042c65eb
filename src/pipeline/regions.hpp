#pragma once
/// \file
/// What is decided for parts of the picture.

#include "pipeline/spec.hpp"

#include <oldfilm/frame.hpp>
#include <oldfilm/regions.hpp>

#include <ATen/core/Tensor.h>
#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <vector>

namespace oldfilm {

/// The protected regions of one stage.
class Protection {
  public:
    /// Nothing is protected.
    Protection() = default;
    /// Of `regions` those that count for `stage`. `width` and `height` are those of the film.
    Protection(const std::vector<Region>& regions, const CheckedStage& stage, std::int64_t width,
               std::int64_t height);
    /// `made` from `frame`, with what is protected as in `frame`, and without repairs there.
    [[nodiscard]] Frame applied(const Frame& frame, Frame made) const;

  private:
    std::vector<Region> regions_;
    double width_ = 1, height_ = 1;
};

/// Frame `number` of the film with the damage that `regions` say it has, above what it comes with.
[[nodiscard]] Frame with_decided_damage(const Frame& frame, std::int64_t number,
                                        const std::vector<Region>& regions);

/// Whether other regions have frame `number` of the film than the one before it.
[[nodiscard]] bool regions_change_at(std::int64_t number, const std::vector<Region>& regions);

/// Throws `Error` (invalid_argument) for regions that are none, and for stages that `stages` lack.
void check_regions(const std::vector<Region>& regions, const std::vector<CheckedStage>& stages);

/// Adds "regions" to a document, where there are some.
void add_regions(nlohmann::json& document, const std::vector<Region>& regions);
/// What "regions" of a document says. Throws `Error` (invalid_argument).
[[nodiscard]] std::vector<Region> regions_from(const nlohmann::json& document);

namespace pipeline {

/// Where the protected ones of `regions`, whose corners are in pixels of frames of `width` x
/// `height`, have frame `number` of the film, for a picture of the size and on the device of
/// `frame`: 1 x H x W Boolean, true inside. Undefined where none has it.
[[nodiscard]] OLDFILM_API at::Tensor protected_mask(const std::vector<Region>& regions,
                                                    std::int64_t number, const Frame& frame,
                                                    double width, double height);

} // namespace pipeline

} // namespace oldfilm
