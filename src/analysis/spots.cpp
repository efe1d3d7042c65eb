#include "analysis/spots.hpp"

#include "analysis/median.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <utility>

namespace oldfilm::analysis {
namespace {

/// How far outside the range of both neighbors a pixel of dust is.
constexpr float least_excess = 0.1F;
/// How far around a pixel that range is taken: what weave and slow motion move it by.
constexpr std::int64_t around = 2;
/// How far away in a neighbor a moving thing is searched, and in which steps.
constexpr std::int64_t search = 12, search_step = 2;
/// A spot is found again where at most this part of its difference remains.
constexpr double found_again = 0.5;
constexpr std::int64_t fewest_pixels = 2;
/// Larger ones are no dust: part of the frame's pixels.
constexpr double largest = 0.005;

struct Range {
    std::vector<float> low, high;
};

/// The range of `samples` within `around` along one axis: `count` lines of `length` samples,
/// `stride` apart, lines `line_stride` apart.
void spread(Range& range, std::int64_t length, std::int64_t stride, std::int64_t count,
            std::int64_t line_stride) {
    std::vector<float> low(static_cast<std::size_t>(length));
    std::vector<float> high(low.size());
    for (std::int64_t line = 0; line < count; ++line) {
        for (std::int64_t i = 0; i < length; ++i) {
            float lowest = std::numeric_limits<float>::max();
            float highest = std::numeric_limits<float>::lowest();
            for (std::int64_t j = std::max<std::int64_t>(i - around, 0);
                 j <= std::min(i + around, length - 1); ++j) {
                const auto at = static_cast<std::size_t>(line * line_stride + j * stride);
                lowest = std::min(lowest, range.low[at]);
                highest = std::max(highest, range.high[at]);
            }
            low[static_cast<std::size_t>(i)] = lowest;
            high[static_cast<std::size_t>(i)] = highest;
        }
        for (std::int64_t i = 0; i < length; ++i) {
            const auto at = static_cast<std::size_t>(line * line_stride + i * stride);
            range.low[at] = low[static_cast<std::size_t>(i)];
            range.high[at] = high[static_cast<std::size_t>(i)];
        }
    }
}

Range range_of(const Plane& frame) {
    Range range{.low = frame.samples, .high = frame.samples};
    spread(range, frame.width, 1, frame.height, frame.width);
    spread(range, frame.height, frame.width, frame.width, 1);
    return range;
}

/// 1 for pixels that lie outside both ranges to the same side.
std::vector<std::uint8_t> candidates(const Plane& frame, const Range& before, const Range& after) {
    std::vector<std::uint8_t> marks(frame.samples.size());
    for (std::size_t i = 0; i < marks.size(); ++i) {
        const float above = frame.samples[i] - std::max(before.high[i], after.high[i]);
        const float below = std::min(before.low[i], after.low[i]) - frame.samples[i];
        marks[i] = std::max(above, below) > least_excess ? 1 : 0;
    }
    return marks;
}

struct Spot {
    std::int64_t left = 0, top = 0, right = 0, bottom = 0, pixels = 0; ///< ends included
};

/// The marked pixels that touch the one at `start`; they are unmarked.
Spot take_spot(std::vector<std::uint8_t>& marks, std::int64_t width, std::int64_t start) {
    const std::int64_t height = static_cast<std::int64_t>(marks.size()) / width;
    Spot spot{.left = width, .top = height};
    std::vector<std::int64_t> open{start};
    marks[static_cast<std::size_t>(start)] = 0;
    while (!open.empty()) {
        const std::int64_t x = open.back() % width;
        const std::int64_t y = open.back() / width;
        open.pop_back();
        spot = {.left = std::min(spot.left, x),
                .top = std::min(spot.top, y),
                .right = std::max(spot.right, x),
                .bottom = std::max(spot.bottom, y),
                .pixels = spot.pixels + 1};
        for (std::int64_t v = std::max<std::int64_t>(y - 1, 0); v <= std::min(y + 1, height - 1);
             ++v) {
            for (std::int64_t u = std::max<std::int64_t>(x - 1, 0); u <= std::min(x + 1, width - 1);
                 ++u) {
                if (std::exchange(marks[static_cast<std::size_t>(v * width + u)],
                                  std::uint8_t{0}) != 0) {
                    open.push_back(v * width + u);
                }
            }
        }
    }
    return spot;
}

/// Mean absolute difference of the spot in `frame` and of what lies (dx, dy) from it in `other`.
double difference(const Plane& frame, const Plane& other, const Spot& spot, std::int64_t dx,
                  std::int64_t dy) {
    double sum = 0;
    for (std::int64_t y = spot.top; y <= spot.bottom; ++y) {
        for (std::int64_t x = spot.left; x <= spot.right; ++x) {
            sum += std::abs(static_cast<double>(frame.at(x, y)) -
                            static_cast<double>(other.at(x + dx, y + dy)));
        }
    }
    return sum / static_cast<double>((spot.right - spot.left + 1) * (spot.bottom - spot.top + 1));
}

/// Whether something like the spot, with its surroundings, lies nearby in `other`.
bool is_found_again(const Plane& frame, const Plane& other, Spot spot) {
    constexpr std::int64_t margin = 2;
    spot.left = std::max<std::int64_t>(spot.left - margin, 0);
    spot.top = std::max<std::int64_t>(spot.top - margin, 0);
    spot.right = std::min(spot.right + margin, frame.width - 1);
    spot.bottom = std::min(spot.bottom + margin, frame.height - 1);
    const double enough = found_again * difference(frame, other, spot, 0, 0);
    for (std::int64_t dy = -search; dy <= search; dy += search_step) {
        for (std::int64_t dx = -search; dx <= search; dx += search_step) {
            const bool is_inside = spot.left + dx >= 0 && spot.top + dy >= 0 &&
                                   spot.right + dx < frame.width && spot.bottom + dy < frame.height;
            if (is_inside && difference(frame, other, spot, dx, dy) < enough) {
                return true;
            }
        }
    }
    return false;
}

} // namespace

void SpotCounter::add(const Plane& frame) {
    if (held_ > 0 && frame.samples.size() != frames_.back().samples.size()) {
        interrupt();
    }
    std::rotate(frames_.begin(), frames_.begin() + 1, frames_.end());
    frames_.back() = frame;
    held_ = std::min(held_ + 1, frames_.size());
    if (held_ < frames_.size()) {
        return;
    }
    const auto& [before, middle, after] = frames_;
    std::vector<std::uint8_t> marks = candidates(middle, range_of(before), range_of(after));
    const double most_pixels = largest * static_cast<double>(marks.size());
    std::size_t count = 0;
    for (std::size_t at = 0; at < marks.size(); ++at) {
        if (marks[at] == 0) {
            continue;
        }
        const Spot spot = take_spot(marks, middle.width, static_cast<std::int64_t>(at));
        if (spot.pixels < fewest_pixels || static_cast<double>(spot.pixels) > most_pixels ||
            is_found_again(middle, before, spot) || is_found_again(middle, after, spot)) {
            continue;
        }
        if (++count > most_spots) {
            return;
        }
    }
    counts_.push_back(static_cast<double>(count));
}

double SpotCounter::per_frame() const {
    return counts_.empty() ? -1 : median(counts_);
}

} // namespace oldfilm::analysis
