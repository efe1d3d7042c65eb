// What time does to a film, one class a kind of damage.
//
// Pictures are CV_32FC1 in [0, 1]. Every kind draws from a random stream of its own, so the
// strength of one kind never moves another. Sizes are drawn for 288 lines and grow with the
// picture.
#pragma once

#include <opencv2/core.hpp>

#include <cstdint>
#include <vector>

namespace agefilm {

/// How strong each kind is: 0 is off, 1 is a worn but watchable print.
struct Strengths {
    double grain = 1;
    double flicker = 1;
    double weave = 1;
    double dust = 1;
    double scratches = 1;
    double hairs = 1;
    double stains = 1;
    double blur = 1;
    double contrast = 1;
};

/// A random stream for one kind of damage; `kind` keeps the streams of one seed apart.
cv::RNG stream(std::uint64_t seed, std::uint64_t kind);

/// Lens and printing: softens the picture and lifts its blacks, the same for every frame.
void fade(cv::Mat& picture, double blur, double contrast);

/// Gate weave: the whole picture moves a little from frame to frame, by parts of a pixel.
class Weave {
  public:
    Weave(std::uint64_t seed, double strength) : random_(stream(seed, 1)), strength_(strength) {}
    void apply(cv::Mat& picture);

  private:
    cv::RNG random_;
    double strength_;
    cv::Point2d slow_;
};

/// Exposure that changes from frame to frame, not quite alike across the picture.
class Flicker {
  public:
    Flicker(std::uint64_t seed, double strength) : random_(stream(seed, 2)), strength_(strength) {}

    /// Draws the next frame's exposure; apply() then gives it to as many pictures as need it.
    void advance();
    void apply(cv::Mat& picture) const;

  private:
    cv::RNG random_;
    double strength_;
    double slow_ = 0;
    double gain_ = 1;
    double gamma_ = 1;
    cv::Point2d slope_;
};

/// Film grain: correlated over about a pixel, strongest in the mid tones.
class Grain {
  public:
    Grain(std::uint64_t seed, double strength) : random_(stream(seed, 3)), strength_(strength) {}

    /// The grain of the next frame, to be added, as strong as `tones` asks for.
    cv::Mat next(const cv::Mat& tones);

  private:
    cv::RNG random_;
    double strength_;
};

/// Dust and dirt: small specks, bright or dark, that last a single frame.
class Dust {
  public:
    Dust(std::uint64_t seed, double strength) : random_(stream(seed, 4)), strength_(strength) {}
    void apply(cv::Mat& picture);

  private:
    cv::RNG random_;
    double strength_;
};

/// Vertical scratches that last for many frames and drift sideways.
class Scratches {
  public:
    Scratches(std::uint64_t seed, double strength)
        : random_(stream(seed, 5)), strength_(strength) {}
    void apply(cv::Mat& picture);

  private:
    struct Scratch {
        double x, drift, width, opacity, tone, top, bottom, phase;
        int left; ///< frames that it still lasts
    };

    Scratch begin(cv::Size size);
    void draw(cv::Mat& picture, const Scratch& scratch);

    cv::RNG random_;
    double strength_;
    std::vector<Scratch> live_;
    bool first_ = true;
};

/// Hairs and fibres: thin curved lines, a frame each.
class Hairs {
  public:
    Hairs(std::uint64_t seed, double strength) : random_(stream(seed, 6)), strength_(strength) {}
    void apply(cv::Mat& picture);

  private:
    cv::RNG random_;
    double strength_;
};

/// Water stains and mold: large soft patches with a darker rim, a frame each.
class Stains {
  public:
    Stains(std::uint64_t seed, double strength) : random_(stream(seed, 7)), strength_(strength) {}
    void apply(cv::Mat& picture);

  private:
    cv::RNG random_;
    double strength_;
};

} // namespace agefilm
