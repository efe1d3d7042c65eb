#pragma once
/// \file
/// How the picture as a whole moved between two frames, by parts of a pixel.

#include <opencv2/core.hpp>

namespace oldfilm::stages {

/// Content at p (pixels from the picture's middle) in one frame is at p + (x, y) + turn * (-p.y,
/// p.x) in the other.
struct Motion {
    double x = 0, y = 0;
    double turn = 0;    ///< radians, clockwise as seen (y points down); small
    bool known = false; ///< false: nothing in the two frames agrees on a motion
};

/// Frames are CV_8UC1 of one size. Corners are followed (Shi and Tomasi 1994; pyramidal Lucas and
/// Kanade, Bouguet 2001) and vote: the motion that most of them share wins, so that dirt, people
/// walking and a vehicle are outvoted. Frames without corners are compared as a whole by phase
/// correlation (Kuglin and Hines 1975). With `turns` a rotation is found too. Same input, same
/// answer: nothing is random.
Motion find_motion(const cv::Mat& from, const cv::Mat& to, bool turns);

} // namespace oldfilm::stages
