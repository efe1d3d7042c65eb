#include "project/repair_kinds.hpp"

#include <algorithm>
#include <cmath>

namespace oldfilm::project {
namespace {

constexpr double same_place = 0.5;         // overlap of boxes
constexpr std::int64_t column_pixels = 2;  // that a running scratch moves in a frame
constexpr std::int64_t shortest_line = 12; // pixels
constexpr std::int64_t scratch_frames = 2; // in one column
constexpr std::int64_t stain_frames = 3;   // in one place

std::int64_t longest_side(const Repair& repair) {
    return std::max(repair.width, repair.height);
}

/// Much longer than it is wide, straight or curled.
bool is_thin(const Repair& repair) {
    const std::int64_t length = longest_side(repair);
    return length >= shortest_line && repair.area * 6 <= length * length;
}

double center(const Repair& repair) {
    return static_cast<double>(repair.left) + static_cast<double>(repair.width) / 2;
}

} // namespace

bool is_upright_line(const Repair& repair, const PictureSize& size) {
    const std::int64_t length = std::max(shortest_line, size.height / 16);
    return repair.height >= length && repair.height >= 4 * repair.width;
}

double overlap(const Repair& a, const Repair& b) {
    const std::int64_t width =
        std::min(a.left + a.width, b.left + b.width) - std::max(a.left, b.left);
    const std::int64_t height =
        std::min(a.top + a.height, b.top + b.height) - std::max(a.top, b.top);
    if (width <= 0 || height <= 0) {
        return 0;
    }
    const auto common = static_cast<double>(width * height);
    return common / (static_cast<double>(a.width * a.height + b.width * b.height) - common);
}

bool continues(const Repair& later, const Repair& earlier, const PictureSize& size) {
    if (later.stage != earlier.stage) {
        return false;
    }
    if (is_upright_line(later, size) && is_upright_line(earlier, size)) {
        const auto far = static_cast<double>(std::max(column_pixels, earlier.width));
        return std::abs(center(later) - center(earlier)) <= far;
    }
    return later.frame != earlier.frame && overlap(later, earlier) >= same_place;
}

RepairKind kind_of(const Repair& repair, std::int64_t frames, const PictureSize& size) {
    if (repair.area * 20 > size.width * size.height) {
        return RepairKind::unknown; // no single damage is so large
    }
    if (is_upright_line(repair, size) && frames >= scratch_frames) {
        return RepairKind::running_scratch;
    }
    if (is_thin(repair)) {
        return frames >= scratch_frames ? RepairKind::unknown : RepairKind::hair;
    }
    return frames >= stain_frames ? RepairKind::stain : RepairKind::dust;
}

} // namespace oldfilm::project
