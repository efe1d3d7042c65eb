#pragma once
/// \file
/// Windows at the ends of a shot.

#include <oldfilm/sdk/request.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace oldfilm::sdk {

/// The entries of `request` to use for a window of `before` frames before the center and `after`
/// frames after it: before + 1 + after indices, in the order of the window.
///
/// A network that compares frames learns nothing from a repeated one: it confirms its own damage
/// and grain. At the ends of a shot, the missing frames are therefore replaced by the next frames
/// on the other side, which a window with `OLDFILM_INSIDE` contains; if there are none, by the
/// frame at the same distance on the other side, or else by the nearest to that. In a shot of one
/// frame, all entries are that frame.
inline std::vector<std::size_t> filled_window(const Request& request, std::int64_t before,
                                              std::int64_t after) {
    const auto center = static_cast<std::int64_t>(request.center_entry());
    const auto count = static_cast<std::int64_t>(request.count());
    const std::int64_t number = request.center().index();
    const auto is_there = [&](std::int64_t offset) {
        const std::int64_t at = center + offset;
        return at >= 0 && at < count &&
               request.frame(static_cast<std::size_t>(at)).index() == number + offset;
    };
    const auto first_there = [&](std::int64_t far, std::int64_t side) {
        for (; far > 0; --far) {
            if (is_there(side * far)) {
                return side * far;
            }
            if (is_there(-side * far)) {
                return -side * far;
            }
        }
        return std::int64_t{0};
    };
    std::vector<std::size_t> places;
    for (std::int64_t wanted = -before; wanted <= after; ++wanted) {
        const std::int64_t side = wanted < 0 ? -1 : 1;
        // How many frames nearer to the center are missing on this side, and so have stand-ins.
        std::int64_t missing = 0;
        while (missing < std::abs(wanted) && !is_there(side * (std::abs(wanted) - missing))) {
            ++missing;
        }
        const std::int64_t beyond = -side * ((side < 0 ? after : before) + missing);
        places.push_back(static_cast<std::size_t>(
            center +
            (missing > 0 && is_there(beyond) ? beyond : first_there(std::abs(wanted), side))));
    }
    return places;
}

} // namespace oldfilm::sdk
