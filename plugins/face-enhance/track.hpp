#pragma once
/// \file
/// Faces followed through a window of frames, so that they neither jump nor blink.

#include "align.hpp"

#include <vector>

namespace oldfilm::stages {

/// A face in one frame.
struct Face {
    Points points;
    double side = 0; ///< of its box, pixels
};

/// A face at the window's centre.
struct SteadyFace {
    Points points;
    double weight = 1; ///< in (0, 1]: the part of the window that shows it
};

/// The faces that most frames of the window show, where they are at frame `centre`: their points on
/// the straight line that fits them best over time, near frames counting more. A face that the
/// detector missed in the centre alone is there; one that it saw in a single frame is not.
std::vector<SteadyFace> steady_faces(const std::vector<std::vector<Face>>& window,
                                     std::size_t centre);

} // namespace oldfilm::stages
