#pragma once
/// \file
/// How far text has moved from one frame to another.

#include <ATen/core/Tensor.h>
#include <opencv2/core/mat.hpp>

namespace oldfilm::stages {

/// A frame of a card, for comparing it with others.
class Card {
  public:
    /// `luma`: 1 x H x W float32 on any device.
    explicit Card(const at::Tensor& luma);

    struct Shift {
        double x = 0, y = 0;    ///< place in the other frame, less the place in this one, in pixels
        double correlation = 0; ///< of the two, moved onto each other: 1 is the same card
    };
    /// By phase correlation, to about a twentieth of a pixel (Foroosh, Zerubia and Berthod,
    /// "Extension of phase correlation to subpixel registration", 2002). Brightness and contrast do
    /// not count.
    [[nodiscard]] Shift to(const Card& other) const;

  private:
    double reduced_ = 1; ///< pixels of the frame in one of `luma_`
    cv::Mat luma_;
    cv::Mat windowed_; ///< without its mean, by Hann's window
};

} // namespace oldfilm::stages
