#include "model/tiling.hpp"

#include <algorithm>
#include <limits>

namespace oldfilm {
namespace {

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

std::int64_t round_down(std::int64_t value, std::int64_t multiple) {
    return value / multiple * multiple;
}

/// The least side at which every tile still keeps something beside its overlap.
std::int64_t least_side(std::int64_t overlap, std::int64_t multiple) {
    return round_up(2 * overlap + std::max<std::int64_t>(2 * multiple, 16), multiple);
}

/// The side of `count` tiles along `length`, no larger than they need to be and no less than
/// `least`.
std::int64_t side_of(std::int64_t length, std::int64_t count, std::int64_t overlap,
                     std::int64_t multiple, std::int64_t least) {
    const std::int64_t together = length + (count - 1) * (2 * overlap + multiple);
    return std::max(round_up((together + count - 1) / count, multiple), std::min(length, least));
}

} // namespace

std::vector<TileSpan> cut(std::int64_t length, std::int64_t side, std::int64_t overlap,
                          std::int64_t multiple) {
    side = std::max(round_down(side, multiple), least_side(overlap, multiple));
    if (side >= length) {
        return {{0, length, 0, length}};
    }
    // One multiple is set aside: beginnings are rounded down to the grid.
    const std::int64_t stride = side - 2 * overlap - multiple;
    const std::int64_t count = (length - side + stride - 1) / stride + 1;
    // As many tiles as that, no larger than they need to be.
    side = side_of(length, count, overlap, multiple, least_side(overlap, multiple));
    std::vector<TileSpan> spans(static_cast<std::size_t>(count));
    for (std::int64_t i = 0; i < count; ++i) {
        TileSpan& span = spans[static_cast<std::size_t>(i)];
        span.begin = round_down(i * (length - side) / (count - 1), multiple);
        span.end = span.begin + side;
        span.keep_begin = i == 0 ? 0 : span.begin + overlap;
        span.keep_end = length;
        if (i > 0) {
            spans[static_cast<std::size_t>(i - 1)].keep_end = span.keep_begin;
        }
    }
    return spans;
}

TileSize choose_tile(std::int64_t height, std::int64_t width, const TileNeeds& needs) {
    if (needs.wanted > 0) {
        return {std::min(height, needs.wanted), std::min(width, needs.wanted)};
    }
    if (needs.wanted < 0 || height * width <= needs.most) {
        return {height, width};
    }
    // Where memory is kept (`pool_memory`), a pixel costs the same in tiles of any size from 512 by
    // 512 on: what counts is how many there are, those seen twice with them.
    constexpr std::int64_t least_wanted = 64; // below, calls cost more than their work
    const std::int64_t least =
        std::max(round_up(least_wanted, needs.multiple), least_side(needs.overlap, needs.multiple));
    TileSize best{std::min(height, least), std::min(width, least)};
    std::int64_t best_cost = std::numeric_limits<std::int64_t>::max();
    std::int64_t tall = 0;
    const auto side = [&](std::int64_t length, std::int64_t count) {
        return side_of(length, count, needs.overlap, needs.multiple, least);
    };
    for (std::int64_t rows = 1; tall != std::min(height, least); ++rows) {
        tall = side(height, rows);
        std::int64_t wide = 0;
        for (std::int64_t columns = 1; wide != std::min(width, least); ++columns) {
            wide = side(width, columns);
            if (tall * wide <= needs.most) { // more columns would only see more twice
                if (const std::int64_t cost = rows * tall * columns * wide; cost < best_cost) {
                    best_cost = cost;
                    best = {tall, wide};
                }
                break;
            }
        }
    }
    return best;
}

} // namespace oldfilm
