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

/// A face at the window's center.
struct SteadyFace {
    Points points;
    double weight = 1; ///< in (0, 1]: the part of the window that shows it
};

/// What a frame shows that was looked at.
struct Look {
    double offset = 0; ///< frames from the window's center
    std::vector<Face> faces;
};

/// The faces that most looks show, where they are at the window's center: their points on the
/// straight line that fits them best over time, near frames counting more. A face that the detector
/// missed in one frame is there; one that it saw in a single frame of three or more is not. `looks`
/// are in the frames' order.
std::vector<SteadyFace> steady_faces(const std::vector<Look>& looks);

} // namespace oldfilm::stages
