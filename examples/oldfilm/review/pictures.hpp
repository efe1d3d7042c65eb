#pragma once
/// \file
/// Frames as pictures that a browser shows.

#include <oldfilm/frame.hpp>

#include <opencv2/core/mat.hpp>

#include <string>

namespace cli::review {

/// 8 bits, B, G, R or gray, as coded: nothing is converted but the number of bits.
cv::Mat matrix_of(const oldfilm::Frame& frame);
/// Made smaller to fit in a box, if it does not.
cv::Mat fitted(const cv::Mat& picture, int width, int height);
/// With a fourth channel: black is transparent, and all else opaque. `picture` has 3.
cv::Mat with_transparent_black(const cv::Mat& picture);
/// Lossless.
std::string png_of(const cv::Mat& picture);
std::string jpeg_of(const cv::Mat& picture);

} // namespace cli::review
