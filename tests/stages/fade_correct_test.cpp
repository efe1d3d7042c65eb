// fade-correct as a pipeline runs it, on made-up films whose dyes have faded.
#include "stage_driver.hpp"

#include <array>
#include <cmath>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::testing;

namespace {

/// A colorful scene with something nearly white and something nearly black.
at::Tensor colorful() {
    at::Tensor picture = scene(5, 3, 90, 120).clone();
    picture = (picture - picture.min()) / (picture.max() - picture.min());
    picture.slice(1, 0, 20).slice(2, 0, 30).fill_(0.96);
    picture.slice(1, 60, 80).slice(2, 80, 110).fill_(0.03);
    return picture;
}

at::Tensor density(const at::Tensor& coded) {
    const at::Tensor linear =
        at::where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055).pow(2.4));
    return -linear.clamp_min(1e-3).log10();
}

at::Tensor coded(const at::Tensor& density) {
    const at::Tensor linear = at::pow(10.0, -density);
    return at::where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.pow(1 / 2.4) - 0.055)
        .clamp(0, 1);
}

/// Each dye at a part of its density, over a stain.
at::Tensor faded(const at::Tensor& picture, const std::array<double, 3>& dye,
                 const std::array<double, 3>& stain) {
    at::Tensor result = density(picture);
    for (std::int64_t c = 0; c < 3; ++c) {
        result[c].mul_(dye[static_cast<std::size_t>(c)]).add_(stain[static_cast<std::size_t>(c)]);
    }
    return coded(result);
}

} // namespace

TEST_CASE("fade-correct restores the color of faded dyes", "[fade-correct]") {
    const at::Tensor truth = colorful();
    struct Case {
        std::array<double, 3> dye, stain;
    };
    const auto fading =
        GENERATE(Case{{0.45, 1, 0.8}, {0.02, 0.02, 0.1}}, Case{{0.9, 0.5, 1}, {0.02, 0, 0.05}},
                 Case{{1, 0.9, 0.4}, {0, 0.02, 0.15}});
    const at::Tensor damaged = faded(truth, fading.dye, fading.stain);
    const auto out = restored("fade-correct", film_of(6, [&](int) { return damaged; }));
    for (const Frame& frame : out) {
        CHECK(psnr(frame.picture(), truth) > psnr(damaged, truth) + 8);
        CHECK(at::equal(frame.picture(), out.front().picture())); // steady over the shot
    }
}

TEST_CASE("fade-correct leaves film alone that has not faded", "[fade-correct]") {
    const std::int64_t channels = GENERATE(1, 3);
    const at::Tensor picture = channels == 1 ? colorful().mean(0, true) : colorful();
    const auto film = film_of(4, [&](int i) { return (picture * (1 - 0.01 * i)).contiguous(); });
    const auto out = restored("fade-correct", film);
    for (std::size_t i = 0; i < film.size(); ++i) {
        CHECK(at::equal(out[i].picture(), film[i]));
    }
}

TEST_CASE("fade-correct with strength 0 changes nothing, and with 0.5 half of it",
          "[fade-correct]") {
    const at::Tensor damaged = faded(colorful(), {0.5, 1, 1}, {0, 0, 0});
    const auto film = film_of(3, [&](int) { return damaged; });
    CHECK(at::equal(restored("fade-correct:strength=0", film).front().picture(), damaged));
    const auto change = [&](const std::string& stage) {
        return (density(restored(stage, film).front().picture()) - density(damaged))
            .abs()
            .mean()
            .item<double>();
    };
    CHECK(change("fade-correct:strength=0.5") / change("fade-correct") == Approx(0.5).margin(0.06));
}
