#pragma once
/// \file
/// Films whose facts are known, from a seed.

#include <oldfilm/analysis.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace oldfilm::test {

/// Pictures are 1 or 3 x height x width.
class Generator {
  public:
    Generator(std::uint64_t seed, std::int64_t height, std::int64_t width);

    [[nodiscard]] double uniform(double from, double to);
    [[nodiscard]] std::int64_t integer(std::int64_t from, std::int64_t to); ///< both included

    /// Consecutive gray frames: structures of all sizes that move, between `low` and `high`.
    std::vector<at::Tensor> shot(int frames, double low = 0.05, double high = 0.95);
    /// Consecutive frames of one text on a background, with grain and flicker.
    std::vector<at::Tensor> title_card(int frames);
    /// Grain: normal, of about one pixel.
    at::Tensor grain(double sigma);
    /// A picture in color, of one hue or several.
    at::Tensor colors();

    /// Black bars, or a film gate with a soft edge (`softness`, in pixels) and rounded corners.
    struct Frame {
        ActiveArea area;
        double level = 0, noise = 0; ///< of the bars
        double softness = 0, radius = 0;
    };
    at::Tensor framed(const at::Tensor& picture, const Frame& frame);

    /// `a`, then `frames` mixtures of its further frames with the first ones of `b`, then the rest
    /// of `b`: `a` and `b` overlap by `frames`. `gamma`: of the light that is mixed; 1 mixes codes.
    static std::vector<at::Tensor> dissolved(const std::vector<at::Tensor>& a,
                                             const std::vector<at::Tensor>& b, int frames,
                                             double gamma = 1);

    /// Gray to color: a tint multiplies, a tone colors what is dark, both by `color`, R, G, B.
    static at::Tensor tinted(const at::Tensor& gray, const Tint::Color& color, bool tone);

  private:
    at::Tensor noise(std::int64_t rows, std::int64_t columns);

    std::int64_t height_, width_;
    std::mt19937_64 random_;
};

/// 8 bits, with chroma of half the size, as usual coding makes it.
at::Tensor coded(const at::Tensor& picture);

} // namespace oldfilm::test
