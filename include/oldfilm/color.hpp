#pragma once
/// \file
/// Interpretation of sample values: code points of ITU-T H.273, as in FFmpeg.

#include <cstdint>

namespace oldfilm {

/// Code values of black and white. Numbered as in FFmpeg.
enum class Range : std::uint8_t {
    unspecified,
    limited, ///< 16 to 235 in 8 bit ("video", "TV")
    full,    ///< 0 to 255 in 8 bit ("PC", JPEG)
};

/// Position of the chroma samples in 4:2:0 and 4:2:2 (H.273 ChromaLocType). Numbered as in FFmpeg.
enum class ChromaSiting : std::uint8_t { unspecified, left, center, top_left };

/// Color tags of a picture. `primaries`, `transfer` and `matrix` are H.273 code points; 2 means
/// "unspecified".
struct ColorTags {
    std::uint8_t primaries = 2; ///< 1: BT.709; 5, 6: BT.601; 9: BT.2020
    std::uint8_t transfer = 2;  ///< 1: BT.709; 13: sRGB; 16: PQ; 18: HLG
    std::uint8_t matrix = 2;    ///< 0: RGB; 1: BT.709; 5, 6: BT.601; 9: BT.2020 ncl
    Range range = Range::unspecified;
    ChromaSiting siting = ChromaSiting::unspecified;
    friend bool operator==(const ColorTags&, const ColorTags&) = default;
};

} // namespace oldfilm
