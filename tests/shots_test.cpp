#include "pipeline/shots.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

using namespace oldfilm;

namespace {

/// A picture of soft blobs, different for each call.
at::Tensor scene() {
    return at::upsample_bilinear2d(at::rand({1, 1, 6, 8}), {96, 128}, false)[0];
}

std::vector<int> cuts(const std::vector<at::Tensor>& film) {
    std::vector<Thumbnail> thumbnails;
    for (const at::Tensor& picture : film) {
        thumbnails.emplace_back(picture);
    }
    ShotDetector detector;
    std::vector<int> found;
    for (std::size_t i = 0; i < film.size(); ++i) {
        const std::size_t end = std::min(film.size(), i + 1 + ShotDetector::look_ahead);
        if (detector.starts_shot({thumbnails.begin() + static_cast<std::ptrdiff_t>(i),
                                  thumbnails.begin() + static_cast<std::ptrdiff_t>(end)})) {
            found.push_back(static_cast<int>(i));
        }
    }
    return found;
}

} // namespace

TEST_CASE("cuts are found where scenes change, through flicker and grain") {
    at::manual_seed(1);
    std::vector<at::Tensor> film;
    for (int shot = 0; shot < 4; ++shot) {
        const at::Tensor base = scene();
        for (int i = 0; i < 7; ++i) {
            const double gain = 0.8 + 0.4 * ((i * 7919) % 10) / 10.0;
            film.push_back(base.roll({i}, {2}) * gain + 0.05 * at::rand({1, 96, 128}));
        }
    }
    CHECK(cuts(film) == std::vector<int>{7, 14, 21});
}

TEST_CASE("dirt in every frame is no cut, however much brighter than the picture") {
    at::manual_seed(4);
    const at::Tensor base = scene() * 0.1 + 0.4;
    std::vector<at::Tensor> film;
    for (int i = 0; i < 10; ++i) {
        const at::Tensor dirt =
            at::upsample_bilinear2d(at::rand({1, 1, 24, 32}), {96, 128}, false)[0];
        film.push_back(at::where(dirt > 0.9, dirt, base.roll({i}, {2})));
    }
    CHECK(cuts(film).empty());
}

TEST_CASE("a flash is no cut") {
    at::manual_seed(2);
    const at::Tensor base = scene();
    std::vector<at::Tensor> film(10, base);
    film[5] = at::clamp(base * 0.05 + 0.95, 0, 1);
    film[6] = scene(); // one frame of something else, too
    CHECK(cuts(film).empty());
}

TEST_CASE("black leader before the picture is a shot of its own") {
    at::manual_seed(3);
    std::vector<at::Tensor> film(4, at::zeros({1, 96, 128}));
    const at::Tensor base = scene();
    film.insert(film.end(), 5, base);
    CHECK(cuts(film) == std::vector<int>{4});
}

TEST_CASE("a shot that starts in fast motion has one cut, at its start") {
    at::manual_seed(5);
    std::vector<at::Tensor> film(6, scene());
    const at::Tensor wide = scene();
    for (int i = 0; i < 8; ++i) {
        film.push_back(wide.roll({10 * i}, {2}));
    }
    CHECK(cuts(film) == std::vector<int>{6});
}

TEST_CASE("one-frame and two-frame films have one shot") {
    CHECK(cuts({scene()}).empty());
    const at::Tensor base = scene();
    CHECK(cuts({base, base}).empty());
}
