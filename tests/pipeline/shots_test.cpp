#include "pipeline/shots.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/roll.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

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

TEST_CASE("the picture moved on after a still, or where frames are gone, is no cut") {
    at::manual_seed(8);
    const at::Tensor fine = at::upsample_bilinear2d(at::rand({1, 1, 12, 24}), {96, 160}, false)[0];
    std::vector<at::Tensor> film;
    for (const int place : {0, 0, 0, 0, 0, 8, 12, 16, 20, 32, 36, 40, 36, 32}) {
        film.push_back(fine.narrow(2, 40 - place, 120).narrow(1, place / 8, 90));
    }
    CHECK(cuts(film).empty());
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

namespace {

/// `picture` behind bars of this tone, with rounded corners as a film gate has them, and noise.
at::Tensor behind_bars(const at::Tensor& picture, int above, int beside, double tone) {
    const at::Tensor y = at::arange(96, at::kFloat).view({1, 96, 1});
    const at::Tensor x = at::arange(128, at::kFloat).view({1, 1, 128});
    constexpr double radius = 5;
    const at::Tensor dy = ((y - 47.5).abs() - (47.5 - above - radius)).clamp_min(0);
    const at::Tensor dx = ((x - 63.5).abs() - (63.5 - beside - radius)).clamp_min(0);
    const at::Tensor open = dx.square() + dy.square() <= radius * radius;
    return at::where(open, picture, tone) + 0.004 * at::randn({1, 96, 128});
}

/// 8 bits, as films come.
at::Tensor coded(const at::Tensor& picture) {
    return picture.mul(255).round().clamp(0, 255) / 255;
}

/// `picture` moved a little and grainy, as it is in the frame `i` of its shot.
at::Tensor in_shot(const at::Tensor& picture, int i) {
    return picture.roll({i / 2}, {2}) + 0.01 * at::randn({1, 96, 128});
}

} // namespace

TEST_CASE("bars and a film gate change no cuts") {
    at::manual_seed(11);
    struct Row {
        int above, beside;
        double tone;
    };
    const Row row = GENERATE(Row{0, 0, 0}, Row{12, 0, 0}, Row{32, 0, 0}, Row{0, 16, 0},
                             Row{0, 42, 0}, Row{20, 24, 0}, Row{12, 0, 0.5}, Row{0, 16, 0.35},
                             Row{3, 3, 0.1}, Row{30, 0, 0.9});
    CAPTURE(row.above, row.beside, row.tone);
    std::vector<at::Tensor> film;
    for (int shot = 0; shot < 4; ++shot) {
        const at::Tensor base = scene() * 0.5 + 0.2; // less contrast than the bars have to it
        for (int i = 0; i < 7; ++i) {
            film.push_back(coded(behind_bars(in_shot(base, i), row.above, row.beside, row.tone)));
        }
    }
    CHECK(cuts(film) == std::vector<int>{7, 14, 21});
}

TEST_CASE("a fade ends in no shot of its own, and what it comes up on is one") {
    at::manual_seed(7);
    const double nothing = GENERATE(0.0, 0.06);
    const int length = GENERATE(6, 12, 24);
    const int black = GENERATE(0, 1, 5);
    const double bars = GENERATE(0, 14);
    CAPTURE(nothing, length, black, bars);
    const auto at_level = [&](const at::Tensor& picture, double level) {
        return coded(
            behind_bars(picture * level + nothing * (1 - level), static_cast<int>(bars), 0, 0));
    };
    const at::Tensor first = scene();
    const at::Tensor second = scene();
    std::vector<at::Tensor> out;
    for (int i = 0; i < 8 + length; ++i) {
        const double level = std::min(1.0, static_cast<double>(8 + length - 1 - i) / length);
        out.push_back(at_level(in_shot(first, i), level));
    }
    std::vector<at::Tensor> film = out;
    for (int i = 0; i < black; ++i) {
        film.push_back(at_level(first, 0));
    }
    CHECK(cuts(film).empty());
    // Up again, on the same picture and on another one.
    const auto up = [&](const at::Tensor& picture) {
        std::vector<at::Tensor> all = film;
        for (int i = 0; i < 8 + length; ++i) {
            all.push_back(
                at_level(in_shot(picture, 8 + length + i), std::min(1.0, (i + 1.0) / length)));
        }
        return cuts(all);
    };
    CHECK(up(first).empty());
    const std::vector<int> found = up(second);
    REQUIRE(found.size() == 1);
    CHECK(std::abs(found[0] - static_cast<int>(film.size())) <= 2);
}

TEST_CASE("a lamp that is switched on is no cut") {
    at::manual_seed(8);
    const at::Tensor base = scene() * 0.5;
    std::vector<at::Tensor> film;
    for (int i = 0; i < 16; ++i) {
        at::Tensor frame = in_shot(base, i);
        if (i >= 8) {
            frame.slice(1, 20, 60).slice(2, 70, 110).add_(0.2);
            frame.add_(0.08);
        }
        film.push_back(coded(frame));
    }
    CHECK(cuts(film).empty());
}
