#pragma once
/// \file
/// Finds faces seen from the front with OpenCV's cascades of Haar features (Viola and Jones, 2001):
/// one proposes, another must agree, since a clock on a wall convinces either alone.

#include <ATen/core/Tensor.h>
#include <opencv2/objdetect.hpp>

#include <string>
#include <vector>

namespace oldfilm::stages {

/// A square, in pixels of the full frame, from the upper left corner of its first pixel.
struct Box {
    double x = 0, y = 0, side = 0;
};

class Detector {
  public:
    /// `cascade`: an XML file of OpenCV's, or empty for the one that OpenCV's packages install.
    /// Throws `sdk::Failure` when there is none.
    explicit Detector(const std::string& cascade);

    /// Faces in `luma`, 1 x 1 x H x W in [0, 1] on any device, from top to bottom. What comes to
    /// the host is one 8-bit picture whose long side is at most `SearchPicture::longest`.
    [[nodiscard]] std::vector<Box> find(const at::Tensor& luma);

    static constexpr int least_side = 28; ///< of a face, in that picture

  private:
    [[nodiscard]] bool is_confirmed(const cv::Mat& picture, const cv::Rect& face);

    cv::CascadeClassifier cascade_, second_;
};

} // namespace oldfilm::stages
