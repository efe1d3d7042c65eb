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
/// What a restoration adds must be distinguishable from what is original (C. Brandi, Teoria del
/// restauro, 1963); the FIAF asks the same of digital restorations: documented, and no more than
/// needed.
enum class Evidence : std::uint8_t {
    original,    ///< as decoded
    resampled,   ///< samples of the same frame, moved or scaled
    recolored,   ///< detail of the same frame, with another brightness or color
    recovered,   ///< samples of other frames of the film
    filled,      ///< computed from the samples around
    synthesized, ///< made by a network, or by a stage that does not report how
};

/// All kinds, in their order.
inline constexpr std::array all_evidence{Evidence::original,  Evidence::resampled,
                                         Evidence::recolored, Evidence::recovered,
                                         Evidence::filled,    Evidence::synthesized};
/// Number of kinds.
inline constexpr int evidence_kinds = static_cast<int>(all_evidence.size());

/// Name of a kind, as in JSON and on the command line: "original", "resampled" ...
OLDFILM_API const char* to_string(Evidence kind);

/// The color of a kind in evidence films: red, green and blue, from 0 to 255. Original is black.
OLDFILM_API std::array<std::uint8_t, 3> palette_color(Evidence kind);

} // namespace oldfilm
