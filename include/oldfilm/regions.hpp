#pragma once
/// \file
/// Parts of the picture for which a person decides what stages do.

#include <oldfilm/export.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace oldfilm {

/// What is decided for a region.
enum class RegionAction : std::uint8_t {
    /// No stage changes it. Samples stay those of the film, bit for bit, up to the first stage that
    /// changes the size; behind that, they stay as that stage makes them.
    protect,
    repair, ///< it is damaged, whether or not a stage finds that: `Frame::damage` is 1
    ignore, ///< what looks like damage there is none: `Frame::damage` is -1
};

/// A part of the picture in some frames, and a decision of a person above what stages find. Where
/// regions overlap, `protect` is above the others, and a later region above an earlier one.
struct Region {
    std::int64_t first = 0; ///< first frame; frames count as in `ShotOptions::first_frames`
    std::int64_t last = 0;  ///< last frame
    /// Corners in order, x then y in pixels of the film's frames; pixel (0, 0) covers 0 to 1. The
    /// inside follows the even-odd rule. At least three.
    std::vector<std::array<double, 2>> polygon;
    /// `protect` only: ids or short names of the stages that leave it alone; empty: all.
    std::vector<std::string> stages;
    RegionAction action = RegionAction::protect;
    bool operator==(const Region&) const = default;
};

/// The polygon of a box, in pixels.
[[nodiscard]] OLDFILM_API std::vector<std::array<double, 2>>
box_polygon(double left, double top, double width, double height);

/// Name of an enumerator, as in JSON.
[[nodiscard]] OLDFILM_API const char* to_string(RegionAction action);

} // namespace oldfilm
