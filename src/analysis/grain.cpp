#include "analysis/grain.hpp"

#include "analysis/median.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace oldfilm::analysis {
namespace {

constexpr std::int64_t side = 16, cell = 4, cells = side / cell;
constexpr std::size_t fewest_blocks = 8;
/// The flattest one in so many blocks counts.
constexpr std::size_t one_in = 5;
/// Nearer to black and white, codes end before grain does.
constexpr double darkest = 0.12, lightest = 0.88;
/// Least correlation of neighbors that tells a size: that of 0.3 pixels, below which grain is
/// white.
constexpr double least_correlation = 0.06;

struct Block {
    double flatness = 0; ///< variance of the means of its cells
    double tone = 0;
    double variance = 0;  ///< of the difference
    double neighbors = 0; ///< mean product of the differences of neighbors
};

Block block_at(const Plane& before, const Plane& frame, std::int64_t left, std::int64_t top) {
    constexpr double count = side * side;
    Block block;
    std::array<double, cells * cells> means{};
    std::array<std::array<double, side>, side> difference{};
    double offset = 0;
    for (std::int64_t y = 0; y < side; ++y) {
        for (std::int64_t x = 0; x < side; ++x) {
            const auto a = static_cast<double>(before.at(left + x, top + y));
            const auto b = static_cast<double>(frame.at(left + x, top + y));
            means[static_cast<std::size_t>(y / cell * cells + x / cell)] +=
                (a + b) / (2 * cell * cell);
            difference[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] = b - a;
            offset += (b - a) / count;
        }
    }
    for (const double mean : means) {
        block.tone += mean / means.size();
    }
    for (const double mean : means) {
        block.flatness += (mean - block.tone) * (mean - block.tone);
    }
    for (std::size_t y = 0; y < side; ++y) {
        for (std::size_t x = 0; x < side; ++x) {
            const double here = difference[y][x] - offset;
            block.variance += here * here / count;
            if (x + 1 < side && y + 1 < side) {
                const double right = difference[y][x + 1] - offset;
                const double below = difference[y + 1][x] - offset;
                block.neighbors += here * (right + below) / (2.0 * (side - 1) * (side - 1));
            }
        }
    }
    return block;
}

/// The flattest blocks of the frames; few or none where most of the picture is black or white.
std::vector<Block> flat_blocks(const Plane& before, const Plane& frame) {
    std::vector<Block> blocks;
    for (std::int64_t top = 0; top + side <= frame.height; top += side) {
        for (std::int64_t left = 0; left + side <= frame.width; left += side) {
            const Block block = block_at(before, frame, left, top);
            if (block.tone > darkest && block.tone < lightest) {
                blocks.push_back(block);
            }
        }
    }
    const std::size_t wanted = std::max(blocks.size() / one_in, fewest_blocks);
    if (blocks.size() > wanted) {
        const auto end = blocks.begin() + static_cast<std::ptrdiff_t>(wanted);
        std::nth_element(blocks.begin(), end, blocks.end(),
                         [](const Block& a, const Block& b) { return a.flatness < b.flatness; });
        blocks.erase(end, blocks.end());
    }
    return blocks;
}

/// The variance of a coverage: see the stage `grain`.
double tone_response(double tone) {
    return 4 * tone * (1 - tone);
}

} // namespace

void GrainMeter::add(const Plane& before, const Plane& frame) {
    const std::vector<Block> blocks = flat_blocks(before, frame);
    std::vector<double> variances;
    std::vector<double> correlations;
    for (const Block& block : blocks) {
        if (block.variance > 0) {
            variances.push_back(block.variance / 2 / tone_response(block.tone));
            correlations.push_back(block.neighbors / block.variance);
        }
    }
    if (variances.size() < fewest_blocks) {
        return;
    }
    // Filtered with a Gaussian, neighbors correlate by exp(-1 / (4 size^2)).
    const double correlation = std::min(median(std::move(correlations)), 0.97);
    const double size =
        correlation > least_correlation ? std::sqrt(-0.25 / std::log(correlation)) : 0;
    // The mean that was taken out of each block had a part of the grain in it.
    const double part = std::min(4 * std::numbers::pi * size * size / (side * side), 0.5);
    variances_.push_back(median(std::move(variances)) / (1 - part));
    sizes_.push_back(size);
}

std::optional<GrainMeter::Grain> GrainMeter::grain() const {
    if (variances_.empty()) {
        return std::nullopt;
    }
    return Grain{.sigma = std::sqrt(median(variances_)), .size = median(sizes_)};
}

} // namespace oldfilm::analysis
