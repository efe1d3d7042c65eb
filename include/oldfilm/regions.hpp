#pragma once
/// \file
/// Parts of the picture that stages leave as they are.

#include <oldfilm/export.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace oldfilm {

/// A part of the picture, in some frames, that no stage changes: a decision of a person above what
/// stages find. Samples there stay those of the film, bit for bit, up to the first stage that
/// changes the size; behind that, they stay as that stage makes them.
struct ProtectedRegion {
    std::int64_t first = 0; ///< first frame; frames count as in `ShotOptions::first_frames`
    std::int64_t last = 0;  ///< last frame
    /// Corners in order, x then y in pixels of the film's frames; pixel (0, 0) covers 0 to 1. The
    /// inside follows the even-odd rule. At least three.
    std::vector<std::array<double, 2>> polygon;
    /// Ids or short names of the stages that leave it alone; empty: all.
    std::vector<std::string> stages;
    bool operator==(const ProtectedRegion&) const = default;
};

/// The polygon of a box, in pixels.
[[nodiscard]] OLDFILM_API std::vector<std::array<double, 2>>
box_polygon(double left, double top, double width, double height);

} // namespace oldfilm
