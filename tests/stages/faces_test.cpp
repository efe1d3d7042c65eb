// Face-enhance with its default models.

#include "stage_driver.hpp"

#include <oldfilm/error.hpp>

using namespace oldfilm;
using namespace oldfilm::testing;

namespace {

/// Part of a picture's pixels that differ at all.
double touched(const at::Tensor& a, const at::Tensor& b) {
    return (a != b).any(0).to(at::kDouble).mean().item<double>();
}

} // namespace

TEST_CASE("frames without faces stay bit for bit", "[face-enhance]") {
    for (const int channels : {1, 3}) {
        for (const auto& [height, width] : {std::pair{16, 16}, {17, 23}, {120, 161}}) {
            const std::vector<at::Tensor> film(3, texture(channels, height, width));
            for (const Frame& frame : restored("face-enhance", film)) {
                CHECK(at::equal(frame.picture(), film[0]));
            }
        }
    }
}

TEST_CASE("a face is enhanced, and nothing else", "[face-enhance]") {
    const int channels = GENERATE(1, 3);
    const at::Tensor picture = photo("messi5.jpg", channels); // the face: 39 pixels at 226, 93
    if (!picture.defined()) {
        return;
    }
    const at::Tensor out = restored_frame("face-enhance:strength=1", picture);
    REQUIRE(out.sizes() == picture.sizes());
    CHECK(touched(crop(out, 105, 238, 15, 15), crop(picture, 105, 238, 15, 15)) > 0.9);
    CHECK(touched(out, picture) < 0.05);
    CHECK(at::equal(crop(out, 200, 0, 142, 548), crop(picture, 200, 0, 142, 548)));
    // Enhanced, not replaced.
    CHECK((out - picture).abs().max().item<double>() < 0.5);
    CHECK(at::equal(restored_frame("face-enhance:strength=0", picture), picture));
}

TEST_CASE("a face that one frame hides is not lost, one that one frame shows is not found",
          "[face-enhance]") {
    const at::Tensor picture = photo("messi5.jpg", 1);
    if (!picture.defined()) {
        return;
    }
    const at::Tensor scene = crop(picture, 30, 180, 180, 220);
    at::Tensor hidden = scene.clone();
    hidden.narrow(1, 68, 24).narrow(2, 42, 48).fill_(0.5); // a splice mark over the eyes
    const std::vector<Frame> seen = restored("face-enhance", {scene, scene, hidden, scene, scene});
    REQUIRE(seen[2].info().shot == seen[1].info().shot);
    CHECK(touched(seen[2].picture(), hidden) > 0);

    const std::vector<Frame> flash =
        restored("face-enhance", {hidden, hidden, scene, hidden, hidden});
    CHECK(at::equal(flash[2].picture(), scene));
}

TEST_CASE("a face that stands still does not tremble with the grain", "[face-enhance]") {
    const at::Tensor picture = photo("messi5.jpg", 1);
    if (!picture.defined()) {
        return;
    }
    at::manual_seed(5);
    const at::Tensor scene = crop(picture, 30, 180, 180, 220);
    std::vector<at::Tensor> film;
    for (int i = 0; i < 7; ++i) {
        film.push_back(scene + at::randn(scene.sizes()) * 0.02);
    }
    const std::vector<Frame> out = restored("face-enhance", film);
    for (std::size_t i = 0; i < film.size(); ++i) {
        CHECK(touched(out[i].picture(), film[i]) > 0.005); // found in each
    }
}

TEST_CASE("face-enhance names a cascade that is none", "[face-enhance]") {
    CHECK_THROWS_AS(restored_frame("face-enhance:cascade=/nowhere.xml", texture(1, 64, 64)), Error);
}
