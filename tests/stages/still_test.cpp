// Scratch-removal on single pictures, with its default models for them.
#include "stage_driver.hpp"

#include <oldfilm/error.hpp>

#include <array>

using namespace oldfilm;
using namespace oldfilm::testing;

namespace {

struct Worn {
    at::Tensor picture, truth, mask; ///< mask: 1 x H x W, bool
};

/// A white crack of so many pixels' width from edge to edge, as a zigzag with a dark edge, in a
/// photograph that has grain.
Worn cracked(const at::Tensor& photograph, int thickness) {
    Worn worn;
    const at::Tensor grain = 0.01 * random(5, {1, photograph.size(1), photograph.size(2)}, true);
    worn.truth = photograph * 0.75 + 0.08 + grain;
    const auto height = static_cast<int>(photograph.size(1));
    const auto width = static_cast<int>(photograph.size(2));
    cv::Mat line(height, width, CV_32F, cv::Scalar(0));
    const std::array<double, 9> zigzag{0.52, 0.48, 0.55, 0.5, 0.44, 0.47, 0.4, 0.45, 0.38};
    for (std::size_t i = 0; i + 1 < zigzag.size(); ++i) {
        const auto at = [&](std::size_t k) {
            return cv::Point(static_cast<int>(zigzag[k] * width),
                             static_cast<int>(k * static_cast<std::size_t>(height) / 8));
        };
        cv::line(line, at(i), at(i + 1), cv::Scalar(1), thickness, cv::LINE_AA);
    }
    const at::Tensor opacity =
        at::from_blob(line.data, {1, line.rows, line.cols}).clone().clamp(0, 1);
    const at::Tensor shadow = at::constant_pad_nd(opacity, {thickness, 0}, 0).slice(2, 0, width);
    worn.picture = worn.truth * (1 - 0.5 * shadow);
    worn.picture = worn.picture + opacity * (0.96 - worn.picture);
    worn.mask = opacity > 0.5;
    return worn;
}

void check_repair(const Worn& worn, double least_found, double least_gain) {
    const Frame out = restored("scratch-removal", {worn.picture}).at(0);
    REQUIRE(out.mask().defined());
    const at::Tensor mask = out.mask() > 0;
    CHECK(at::equal(out.picture().masked_select(~mask), worn.picture.masked_select(~mask)));
    CHECK(part(mask & worn.mask) > least_found * part(worn.mask));
    CHECK(part(mask) < 8 * part(worn.mask));
    CHECK(psnr_within(worn.mask, out.picture(), worn.truth) >
          psnr_within(worn.mask, worn.picture, worn.truth) + least_gain);
}

} // namespace

TEST_CASE("scratch-removal fills a crack in a single picture", "[scratch-removal][still]") {
    const int channels = GENERATE(1, 3);
    const at::Tensor picture = photo("home.jpg", channels);
    if (!picture.defined()) {
        return;
    }
    if (channels == 1) {
        check_repair(cracked(picture, 3), 0.6, 5);
    } else {
        check_repair(cracked(picture, 3), 0.3, 0.6); // the network sees fewer prints in color
    }
}

TEST_CASE("scratch-removal fills a crack that is wide because the picture is large",
          "[scratch-removal][still]") {
    const at::Tensor picture = photo("home.jpg", 1);
    if (!picture.defined()) {
        return;
    }
    check_repair(cracked(resized(picture, 1536, 2048), 15), 0.35, 2);
}

TEST_CASE("scratch-removal leaves single pictures without damage alone",
          "[scratch-removal][still]") {
    // Of fruit that glitters 0.8 %, of the others up to the aim, 0.3 %.
    double touched = 0;
    for (const char* name : {"home.jpg", "building.jpg", "fruits.jpg", "baboon.jpg"}) {
        CAPTURE(name);
        const at::Tensor picture = photo(name, 3);
        if (!picture.defined()) {
            continue;
        }
        const Frame out = restored("scratch-removal", {picture}).at(0);
        touched += out.mask().defined() ? part(out.mask() > 0) : 0.0;
    }
    CHECK(touched / 4 < 0.005);
}

TEST_CASE("scratch-removal uses the model for single pictures on nothing else",
          "[scratch-removal][still]") {
    const at::Tensor picture = photo("home.jpg", 1);
    if (!picture.defined()) {
        return;
    }
    const Worn worn = cracked(crop(picture, 40, 60, 160, 192), 3);
    for (const int frames : {2, 3}) {
        const std::vector<at::Tensor> film = film_of(frames, [&](int i) {
            return worn.picture +
                   0.01 * random(static_cast<std::uint64_t>(i), worn.picture.sizes(), true);
        });
        const std::vector<Frame> usual = restored("scratch-removal", film);
        const std::vector<Frame> without = restored("scratch-removal:still=", film);
        for (std::size_t i = 0; i < film.size(); ++i) {
            CHECK(at::equal(usual[i].picture(), without[i].picture()));
        }
    }
    // Alone, the model for films does not know a crack from the picture.
    const std::string model =
        "model=" OLDFILM_BINARY_DIR "/plugins/models/scratch-removal/default.pt";
    const at::Tensor named = restored_frame("scratch-removal:" + model, worn.picture);
    CHECK(at::equal(named, restored_frame("scratch-removal:still=", worn.picture)));
    CHECK_FALSE(at::equal(named, restored_frame("scratch-removal", worn.picture)));
}

TEST_CASE("scratch-removal says why a model is none for single pictures",
          "[scratch-removal][still]") {
    const std::string folder = "models/scratch-removal/";
    CHECK_THROWS_WITH(
        restored("scratch-removal:still=" + folder + "default.pt", {scene(1, 1, 32, 32)}),
        Catch::Matchers::Contains("is not a model for single pictures"));
    CHECK_THROWS_WITH(
        restored("scratch-removal:still=" + folder + "still-fill.pt", {scene(1, 1, 32, 32)}),
        Catch::Matchers::Contains("wants an input \"mask\""));
}

TEST_CASE("scratch-removal repairs more of a single picture at a higher sensitivity",
          "[scratch-removal][still]") {
    const at::Tensor picture = photo("home.jpg", 1);
    if (!picture.defined()) {
        return;
    }
    const Worn worn = cracked(picture, 3);
    const auto area = [&](const std::string& stage) {
        const Frame out = restored(stage, {worn.picture}).at(0);
        return out.mask().defined() ? part(out.mask() > 0) : 0.0;
    };
    const double usual = area("scratch-removal");
    CHECK(usual > 0);
    CHECK(area("scratch-removal:sensitivity=0") < usual);
    CHECK(area("scratch-removal:sensitivity=1") > usual);
    CHECK(area("scratch-removal:grow=4") > usual);
}
