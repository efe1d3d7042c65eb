#pragma once
/// \file
/// How sample values are to be understood: code points of ITU-T H.273 as FFmpeg uses them too.

#include <cstdint>

namespace oldfilm {

/// Which code values are black and white.
enum class Range : std::uint8_t {
    unspecified,
    limited, ///< 16 to 235 in 8 bit ("video", "TV")
    full,    ///< 0 to 255 in 8 bit ("PC", JPEG)
};

/// Where a 4:2:0 or 4:2:2 chroma sample lies (H.273 ChromaLocType).
enum class ChromaSiting : std::uint8_t { unspecified, left, center, top_left };

/// Color tags of a picture. Each number is an H.273 code point; 2 means "unspecified".
struct ColorTags {
    std::uint8_t primaries = 2; ///< 1 is BT.709, 5 and 6 are BT.601, 9 is BT.2020
    std::uint8_t transfer = 2;  ///< 1 is BT.709, 13 is sRGB, 16 is PQ, 18 is HLG
    std::uint8_t matrix = 2;    ///< 0 is RGB, 1 is BT.709, 5 and 6 are BT.601, 9 is BT.2020 ncl
    Range range = Range::unspecified;
    ChromaSiting siting = ChromaSiting::unspecified;
    friend bool operator==(const ColorTags&, const ColorTags&) = default;
};

} // namespace oldfilm
