/// \file
/// Adds film grain, new in every frame. After denoise and superres, it gives a film its texture
/// back, at a strength that is chosen instead of found.

#include "noise.hpp"

#include <oldfilm/sdk/live_parameters.hpp>
#include <oldfilm/sdk/luma.hpp>
#include <oldfilm/stage_torch.hpp>

#include <algorithm>
#include <cmath>

namespace oldfilm::stages {
namespace {

/// Mixes the bits of a seed and a frame's number (the finalizer of SplitMix64: Steele, Lea and
/// Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
std::uint64_t seed_of(std::int64_t seed, std::int64_t frame) {
    std::uint64_t x = static_cast<std::uint64_t>(seed) * 0x9e3779b97f4a7c15ULL +
                      static_cast<std::uint64_t>(frame) + 1;
    x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31U);
}

class Grain final : public sdk::Stage, public sdk::LiveParameters {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        change(values);
        seed_ = values.integer("seed");
        config.memory = 4 * (2 * input.channels + 4) * input.height * input.width;
    }

    void change(const sdk::Values& values) override {
        sigma_ = values.number("amount") * values.number("sigma") / 255;
        size_ = values.number("size");
        color_ = values.number("color");
    }

    void process(const sdk::Request& request) override {
        const sdk::FrameView frame = request.center();
        if (sigma_ <= 0) {
            request.pass_through();
            return;
        }
        const at::Tensor picture = sdk::picture(frame);
        const at::Tensor strength =
            tone_response(sdk::luma(picture, sdk::luma_weights(frame))).mul_(sigma_);
        const at::Tensor grain = noise(frame).to(picture.device()).mul(strength);
        request.set_output(sdk::share(picture.add(grain).clamp_(0.0, 1.0)));
    }

  private:
    /// Variance 1: one noise for all channels, 1 x H x W, or with a part of its own in each.
    [[nodiscard]] at::Tensor noise(const sdk::FrameView& frame) const {
        const bool own = frame.channels() == 3 && color_ > 0;
        const at::Tensor planes = correlated_noise(seed_of(seed_, frame.index()), own ? 4 : 1,
                                                   frame.height(), frame.width(), size_);
        const at::Tensor shared = planes.narrow(0, 0, 1);
        if (!own) {
            return shared;
        }
        return planes.narrow(0, 1, 3).mul(std::sqrt(color_)).add_(shared, std::sqrt(1 - color_));
    }

    double sigma_ = 0, size_ = 0, color_ = 0;
    std::int64_t seed_ = 0;
};

const oldfilm_plugin_description* grain() {
    return sdk::describe<Grain>(
        {"org.oldfilm.grain",
         "grain",
         "0.1.0",
         "Adds film grain of a given strength and size, new in every frame",
         {sdk::number("sigma", 4.0, 0.0, 40.0,
                      "standard deviation of the grain at medium gray; 0 adds none",
                      "code values of 8 bit")
              .live(),
          sdk::number(
              "size", 0.6, 0.0, 4.0,
              "extent of a grain, as the standard deviation of a Gaussian; 0 is white noise", "px")
              .live(),
          sdk::number("amount", 1.0, 0.0, 4.0, "how many times `sigma` is added").live(),
          sdk::number("color", 0.0, 0.0, 1.0, "part of the grain that differs between R, G and B")
              .live(),
          sdk::integer("seed", 1, 0, 1000000, "another one gives other grain of the same kind")}});
}

} // namespace
} // namespace oldfilm::stages

OLDFILM_PLUGINS(oldfilm::stages::grain())
