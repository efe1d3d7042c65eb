#pragma once
/// \file
/// How a picture is cut into tiles that overlap by a network's receptive field, so that putting the
/// results together gives what the network would have made of the whole.

#include <cstdint>
#include <vector>

namespace oldfilm {

/// One tile along one axis, in input pixels. [begin, end) is read; [keep_begin, keep_end) is kept.
struct TileSpan {
    std::int64_t begin = 0, end = 0;
    std::int64_t keep_begin = 0, keep_end = 0;
    [[nodiscard]] std::int64_t length() const { return end - begin; }
};

/// Cuts `length` (a multiple of `multiple`) into tiles of at most `side` pixels, all of one length,
/// all beginning at a multiple of `multiple` (a network that halves its input sees the same pixel
/// grid in every tile). The kept parts cover [0, length) once; each is `overlap` away from the
/// tile's edges, except at the picture's own edges. `side` grows where it is too small for that.
std::vector<TileSpan> cut(std::int64_t length, std::int64_t side, std::int64_t overlap,
                          std::int64_t multiple);

/// Sides of a tile, as large as the picture where it is not cut.
struct TileSize {
    std::int64_t height = 0, width = 0;
};

/// What the choice of a tile goes by.
struct TileNeeds {
    std::int64_t overlap = 0;  ///< the receptive field's radius
    std::int64_t multiple = 1; ///< heights and widths that the network takes
    std::int64_t wanted = 0;   ///< asked side; 0 to choose, -1 for the whole picture
    std::int64_t most = 0;     ///< pixels that a tile should have at most, when choosing
};

/// The tile for a picture of height x width (multiples of `needs.multiple`): the whole, or of those
/// cuts into tiles of at most `needs.most` pixels the one that does the least twice. Where none is
/// that small, the smallest tile.
TileSize choose_tile(std::int64_t height, std::int64_t width, const TileNeeds& needs);

} // namespace oldfilm
