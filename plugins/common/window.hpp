#pragma once
/// \file
/// Windows at the ends of a shot.

#include <oldfilm/stage.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace oldfilm::stages {

/// For each place of a window with `before` frames in front of the centre, the entry to take. The
/// host repeats the shot's first and last frame beyond its ends; a repeated frame tells a network
/// nothing new (it would even confirm its own dirt and grain), so the frame as far on the other
/// side stands in, else the nearest to that. In a shot of one frame all are that frame.
inline std::vector<std::size_t> mirrored_window(const sdk::Request& request, std::int64_t before) {
    const auto count = static_cast<std::int64_t>(request.count());
    const std::int64_t number = request.centre().index();
    const auto is_there = [&](std::int64_t offset) {
        const std::int64_t at = before + offset;
        return at >= 0 && at < count &&
               request.frame(static_cast<std::size_t>(at)).index() == number + offset;
    };
    std::vector<std::size_t> places;
    for (std::int64_t wanted = -before; wanted < count - before; ++wanted) {
        const std::int64_t side = wanted < 0 ? -1 : 1;
        std::int64_t found = 0;
        for (std::int64_t far = std::abs(wanted); far > 0 && found == 0; --far) {
            found = is_there(side * far) ? side * far : is_there(-side * far) ? -side * far : 0;
        }
        places.push_back(static_cast<std::size_t>(before + found));
    }
    return places;
}

} // namespace oldfilm::stages
