#include "model/tiling.hpp"

#include <algorithm>
#include <array>
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
    side = std::max(
        round_up((length + (count - 1) * (2 * overlap + multiple) + count - 1) / count, multiple),
        least_side(overlap, multiple));
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
    const auto fits = [&](std::int64_t pixels) { return needs.most <= 0 || pixels <= needs.most; };
    if (needs.wanted < 0) {
        return {height, width};
    }
    if (needs.wanted > 0) {
        return {std::min(height, needs.wanted), std::min(width, needs.wanted)};
    }
    if (height * width <= needs.pixels && fits(height * width)) {
        return {height, width};
    }
    // Small tiles stay in the caches, large ones waste less on their overlap. Measured where memory
    // is kept (`keep_memory`), networks of overlap 6 to 68 over 1920x1088: a tile of the whole
    // picture costs a tenth more a pixel than one of 512 by 512. Counted higher than that for the
    // memory that a large one takes.
    constexpr double costly_area = 1'500'000;
    constexpr std::int64_t least_without_need = 192; // below, calls cost more than their work
    constexpr std::array<std::int64_t, 14> sides{64,  96,  128, 192, 256, 320,  384,
                                                 448, 512, 640, 768, 896, 1024, 1152};
    TileSize best;
    double best_cost = std::numeric_limits<double>::max();
    for (const std::int64_t h : sides) {
        for (const std::int64_t w : sides) {
            if (needs.most <= 0 && std::min(h, w) < least_without_need) {
                continue;
            }
            const auto rows = cut(height, h, needs.overlap, needs.multiple);
            const auto columns = cut(width, w, needs.overlap, needs.multiple);
            const auto area = static_cast<double>(rows.front().length() * columns.front().length());
            const auto count = static_cast<double>(rows.size() * columns.size());
            const double cost = count * area * (1.0 + area / costly_area);
            const bool allowed = fits(rows.front().length() * columns.front().length());
            // The first is the smallest: where it is too large, it is the answer all the same.
            if ((allowed && cost < best_cost) || best.height == 0) {
                best_cost = cost;
                best = {rows.front().length(), columns.front().length()};
            }
        }
    }
    return best;
}

} // namespace oldfilm
