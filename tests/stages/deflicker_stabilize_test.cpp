// Deflicker and stabilize as a pipeline runs them, on made-up films.
#include "stage_driver.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::testing;

namespace {

double mean(const Frame& frame) {
    return frame.picture().mean().item<double>();
}

} // namespace

TEST_CASE("deflicker takes alternating exposure out", "[deflicker]") {
    const std::int64_t channels = GENERATE(1, 3);
    const at::Tensor still = scene(1, channels, 90, 120);
    const auto film = film_of(20, [&](int i) {
        return still * (i % 2 == 0 ? 1.08 : 0.92) + (i % 2 == 0 ? 0.01 : -0.01);
    });
    const auto out = restored("deflicker", film);
    for (std::size_t i = 4; i + 4 < out.size(); ++i) {
        CHECK(std::abs(mean(out[i]) - mean(out[i - 1])) < 0.012);
        CHECK(psnr(out[i].picture(), still) > psnr(film[i], still) + 15);
    }
    // At the film's ends there is less to go by.
    CHECK(psnr(out.front().picture(), still) > psnr(film.front(), still) + 6);
    CHECK(psnr(out.back().picture(), still) > psnr(film.back(), still) + 6);
}

TEST_CASE("deflicker evens out light that leans across the picture", "[deflicker]") {
    const at::Tensor still = scene(2, 1, 90, 120);
    const auto film = film_of(16, [&](int i) {
        const double lean = 0.06 * std::sin(2.1 * i);
        return still * (1 + at::linspace(-lean, lean, 120)) * (1 + 0.05 * std::cos(3.7 * i));
    });
    const auto out = restored("deflicker", film);
    for (std::size_t i = 4; i < 12; ++i) {
        CHECK(psnr(out[i].picture(), still) > psnr(film[i], still) + 8);
    }
}

TEST_CASE("deflicker keeps a fade, and leaves a steady shot alone", "[deflicker]") {
    const at::Tensor still = scene(3, 1, 90, 120);
    const auto fade = film_of(24, [&](int i) { return still * (1 - 0.03 * i); });
    const auto faded = restored("deflicker", fade);
    for (std::size_t i = 0; i < fade.size(); ++i) {
        CAPTURE(i);
        CHECK((faded[i].picture() - fade[i]).abs().max().item<double>() < 0.012);
    }
    const auto steady = film_of(10, [&](int i) {
        return still + 0.03 * random(static_cast<std::uint64_t>(i), still.sizes(), true);
    });
    const auto same = restored("deflicker", steady);
    for (std::size_t i = 0; i < steady.size(); ++i) {
        CHECK(at::equal(same[i].picture(), steady[i]));
        CHECK(same[i].picture().const_data_ptr() == steady[i].const_data_ptr()); // no copy either
    }
}

TEST_CASE("deflicker keeps the curve of fades, of light that is switched on, and of a dissolve",
          "[deflicker]") {
    struct Row {
        std::string name;
        std::function<at::Tensor(const at::Tensor&, int)> lit;
        std::vector<int> corners; ///< frames about which two to each side may differ more
    };
    const auto level = [](int i, int first, int length) {
        return std::clamp(static_cast<double>(first + length - i) / length, 0.0, 1.0);
    };
    at::Tensor lamp = at::zeros({1, 90, 120});
    lamp.slice(1, 20, 60).slice(2, 30, 80).fill_(0.3);
    const at::Tensor glow = at::avg_pool2d(lamp, {31, 31}, {1, 1}, {15, 15});
    const at::Tensor other = scene(13, 1, 90, 120);
    const Row row = GENERATE_COPY(
        Row{"to black", [&](const at::Tensor& t, int i) { return t * level(i, 12, 24); }, {12, 36}},
        Row{"to black soon",
            [&](const at::Tensor& t, int i) { return t * level(i, 12, 10); },
            {12, 22}},
        Row{"from black",
            [&](const at::Tensor& t, int i) { return t * (1 - level(i, 4, 24)); },
            {4, 28}},
        Row{"to white",
            [&](const at::Tensor& t, int i) { return 1 - (1 - t) * level(i, 12, 24); },
            {12, 36}},
        Row{"out and in",
            [&](const at::Tensor& t, int i) {
                return i < 20 ? t * level(i, 8, 12) : other * (1 - level(i, 21, 12));
            },
            {8, 20, 21, 33}},
        Row{"light on", [](const at::Tensor& t, int i) { return t * (i < 20 ? 0.6 : 0.9); }, {20}},
        Row{"lamp on",
            [&](const at::Tensor& t, int i) { return t * 0.6 + (i < 20 ? 0 : 1) * glow; },
            {20}},
        Row{"dissolve",
            [&](const at::Tensor& t, int i) {
                return t * level(i, 10, 24) + other * (1 - level(i, 10, 24));
            },
            {10, 34}});
    CAPTURE(row.name);
    const at::Tensor still = scene(12, 1, 90, 160);
    const auto film = film_of(42, [&](int i) {
        const at::Tensor grain = random(static_cast<std::uint64_t>(i), {1, 90, 120}, true);
        const at::Tensor seen = still.slice(2, i / 2, i / 2 + 120) + 0.01 * grain;
        return row.lit(seen, i).clamp(0, 1).mul(255).round() / 255;
    });
    const auto out = restored("deflicker", film);
    for (int i = 0; i < 42; ++i) {
        const bool is_near = std::any_of(row.corners.begin(), row.corners.end(),
                                         [i](int c) { return i >= c - 2 && i <= c + 2; });
        const auto n = static_cast<std::size_t>(i);
        CAPTURE(i);
        CHECK((out[n].picture() - film[n]).abs().max().item<double>() * 255 < (is_near ? 12 : 2));
    }
}

TEST_CASE("deflicker keeps its hands off where strength is 0, and is even where it is less",
          "[deflicker]") {
    const at::Tensor still = scene(4, 1, 64, 64);
    const auto film = film_of(12, [&](int i) { return still * (i % 2 == 0 ? 1.1 : 0.9); });
    const auto none = restored("deflicker:strength=0", film);
    const auto half = restored("deflicker:strength=0.5", film);
    CHECK(at::equal(none[6].picture(), film[6]));
    CHECK(mean(half[6]) - mean(half[5]) ==
          Approx(0.5 * (mean(none[6]) - mean(none[5]))).epsilon(0.15));
}

TEST_CASE("stabilize takes jitter out", "[stabilize]") {
    const std::int64_t channels = GENERATE(1, 3);
    const at::Tensor still = scene(5, channels, 144, 176);
    const at::Tensor jitter = random(11, {24, 2}, true) * 1.2;
    const auto film = film_of(24, [&](int i) {
        const at::Tensor noise = random(static_cast<std::uint64_t>(50 + i), still.sizes(), true);
        return shifted(still, jitter[i][0].item<double>(), jitter[i][1].item<double>()) +
               0.015 * noise;
    });
    const auto out = restored("stabilize", film);
    double before = 0;
    double after = 0;
    for (std::size_t i = 6; i < 18; ++i) {
        before += psnr(film[i], film[i - 1], 8) / 12;
        after += psnr(out[i].picture(), out[i - 1].picture(), 8) / 12;
    }
    CHECK(after > before + 4);
}

TEST_CASE("stabilize keeps a pan, and leaves a steady shot alone", "[stabilize]") {
    const at::Tensor wide = scene(6, 1, 144, 400);
    const auto pan = film_of(
        20, [&](int i) { return shifted(wide, -3.5 * i, 0).slice(2, 60, 236).contiguous(); });
    const auto panned = restored("stabilize", pan);
    for (std::size_t i = 0; i < pan.size(); ++i) {
        CAPTURE(i);
        CHECK(psnr(panned[i].picture(), pan[i], 8) > 42);
    }
    const at::Tensor still = scene(6, 1, 144, 176);
    const auto steady = film_of(12, [&](int i) {
        return still + 0.01 * random(static_cast<std::uint64_t>(i), still.sizes(), true);
    });
    const auto same = restored("stabilize", steady);
    for (std::size_t i = 0; i < steady.size(); ++i) {
        CHECK(psnr(same[i].picture(), steady[i], 8) > 40);
    }
}

TEST_CASE("stabilize fills or crops the border as told", "[stabilize]") {
    const at::Tensor still = scene(8, 1, 96, 128);
    const auto film = film_of(9, [&](int i) { return shifted(still, i == 4 ? 2.5 : 0.0, 0); });
    const auto mirror = restored("stabilize:border=mirror", film);
    const auto crop = restored("stabilize:border=crop,max_shift=3", film);
    CHECK(psnr(mirror[4].picture(), film[0], 8) > psnr(film[4], film[0], 8) + 6);
    CHECK(crop[4].picture().sizes() == film[4].sizes());
    CHECK(psnr(crop[4].picture(), crop[3].picture()) > psnr(film[4], film[3]) + 6);
    const auto held = restored("stabilize:max_shift=0", film);
    CHECK(at::equal(held[4].picture(), film[4]));
}

TEST_CASE("the steadying stages take any size", "[deflicker][stabilize]") {
    works_on_any_size("deflicker");
    works_on_any_size("stabilize");
    works_on_any_size("stabilize:border=crop,rotation=true");
}
