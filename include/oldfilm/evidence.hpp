#pragma once
/// \file
/// Evidence: where the samples of a restored picture come from.

#include <oldfilm/export.hpp>

#include <array>
#include <cstdint>

namespace oldfilm {

/// Where a sample comes from. What several stages did to a sample counts as the last of their kinds
/// in this order, which begins with what is nearest to the film.
///
/// The FIAF and the Library of Congress ask that a digital restoration documents what it changed;
/// the kinds follow the distinction of restoration practice between original, borrowed and
/// reconstructed parts (C. Brandi, Teoria del restauro, 1963).
enum class Evidence : std::uint8_t {
    original,    ///< as decoded
    resampled,   ///< samples of the same frame, moved or scaled
    recolored,   ///< detail of the same frame, with another brightness or color
    recovered,   ///< samples of other frames of the film
    filled,      ///< computed from the samples around
    synthesized, ///< made by a network, or by a stage that does not report how
};

/// Number of kinds.
inline constexpr int evidence_kinds = 6;

/// Name of a kind, as in JSON and on the command line: "original", "resampled" ...
OLDFILM_API const char* to_string(Evidence kind);

/// The color of a kind in evidence films: red, green and blue, from 0 to 255. Original is black.
OLDFILM_API std::array<std::uint8_t, 3> palette_color(Evidence kind);

} // namespace oldfilm
