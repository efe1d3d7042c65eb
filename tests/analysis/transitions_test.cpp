// Dissolves and fades in generated films, and what must not be taken for one.
#include "analysis/generator.hpp"

#include <oldfilm/analysis.hpp>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace oldfilm;
using test::Generator;

namespace {

constexpr std::int64_t height = 144;
constexpr std::int64_t width = 192;

struct Cut {
    std::vector<at::Tensor> film;
    std::vector<Transition> truth;
};

std::vector<Transition> transitions_in(const std::vector<at::Tensor>& film, Generator& make,
                                       double flicker = 0.02) {
    FilmAnalyzer analyzer;
    for (std::size_t i = 0; i < film.size(); ++i) {
        FrameInfo info;
        info.index = static_cast<std::int64_t>(i);
        const double gain = 1 + flicker * make.uniform(-1.7, 1.7);
        analyzer.add(Frame(test::coded((film[i] * gain).clamp(0, 1)).contiguous(), info));
    }
    return analyzer.facts().transitions;
}

bool is_near(const Transition& found, const Transition& truth) {
    return found.kind == truth.kind && std::abs(found.first - truth.first) <= 3 &&
           std::abs(found.first + found.frames - truth.first - truth.frames) <= 3;
}

int length_of(Generator& make) {
    return static_cast<int>(make.integer(8, 48));
}

Cut dissolve(Generator& make, double gamma) {
    const int frames = length_of(make);
    const auto a = make.shot(frames + static_cast<int>(make.integer(20, 40)));
    const auto b = make.shot(frames + static_cast<int>(make.integer(15, 40)));
    return {Generator::dissolved(a, b, frames, gamma),
            {{.kind = TransitionKind::dissolve,
              .first = static_cast<std::int64_t>(a.size()) - frames,
              .frames = frames}}};
}

/// To black and from there to another shot.
Cut fades(Generator& make, double gamma) {
    const int out = length_of(make);
    const int in = length_of(make);
    const int black = static_cast<int>(make.integer(1, 12));
    const auto a = make.shot(out + static_cast<int>(make.integer(20, 40)));
    const auto b = make.shot(in + static_cast<int>(make.integer(20, 40)));
    const double level = make.uniform(0, 0.05);
    const std::vector<at::Tensor> dark(static_cast<std::size_t>(out + black + in),
                                       at::full({1, height, width}, level));
    Cut cut;
    cut.film = Generator::dissolved(Generator::dissolved(a, dark, out, gamma), b, in, gamma);
    const auto first = static_cast<std::int64_t>(a.size()) - out;
    cut.truth = {{.kind = TransitionKind::fade_out, .first = first, .frames = out},
                 {.kind = TransitionKind::fade_in, .first = first + out + black, .frames = in}};
    return cut;
}

/// A picture that moves as a whole, by `speed` pixels a frame, from frame 15 on.
std::vector<at::Tensor> pan(Generator& make, int frames, double speed) {
    Generator large(static_cast<std::uint64_t>(make.integer(1, 1000)), height, 4 * width);
    const at::Tensor scene = large.shot(1)[0];
    std::vector<at::Tensor> film;
    for (int i = 0; i < frames + 30; ++i) {
        const double way = speed * std::clamp(i - 15, 0, frames);
        film.push_back(scene.narrow(2, std::min(std::lround(way), 3 * width), width) +
                       make.grain(0.015));
    }
    return film;
}

} // namespace

TEST_CASE("Dissolves and fades are found within three frames") {
    int truths = 0;
    int right = 0;
    int wrong = 0;
    for (int film = 0; film < 60; ++film) {
        Generator make(static_cast<std::uint64_t>(film) + 1000, height, width);
        const double gamma = film % 4 < 2 ? 1 : 2.2;
        const Cut cut = film % 2 == 0 ? dissolve(make, gamma) : fades(make, gamma);
        const std::vector<Transition> found = transitions_in(cut.film, make);
        for (const Transition& truth : cut.truth) {
            const bool is_found = std::any_of(
                found.begin(), found.end(), [&](const Transition& t) { return is_near(t, truth); });
            ++truths;
            right += is_found ? 1 : 0;
            if (!is_found) {
                UNSCOPED_INFO("film " << film << ": missed " << to_string(truth.kind) << " "
                                      << truth.first << " + " << truth.frames);
            }
        }
        for (const Transition& t : found) {
            const bool is_true =
                std::any_of(cut.truth.begin(), cut.truth.end(), [&t](const Transition& truth) {
                    return t.kind == truth.kind && t.first < truth.first + truth.frames &&
                           truth.first < t.first + t.frames;
                });
            wrong += is_true ? 0 : 1;
            UNSCOPED_INFO("film " << film << ": found " << to_string(t.kind) << " " << t.first
                                  << " + " << t.frames);
        }
    }
    CHECK(truths == 90);
    CHECK(right >= truths * 85 / 100);
    CHECK(wrong == 0);
}

TEST_CASE("Pans, flicker, flashes, cuts and changes of exposure are no transitions") {
    int found = 0;
    for (int film = 0; film < 50; ++film) {
        Generator make(static_cast<std::uint64_t>(film) + 2000, height, width);
        INFO("film " << film);
        std::vector<at::Tensor> frames;
        if (film % 5 == 0) {
            frames = pan(make, static_cast<int>(make.integer(10, 90)), make.uniform(0.3, 5));
        } else {
            frames = make.shot(70);
        }
        double flicker = 0.02;
        if (film % 5 == 1) {
            flicker = 0.15;
        } else if (film % 5 == 2) { // a flash, and a cut
            frames[30] = frames[30] * 0.1 + 0.9;
            const auto next = make.shot(40);
            frames.insert(frames.end(), next.begin(), next.end());
        } else if (film % 5 == 3) { // exposure
            const double gain = make.uniform(0.3, 1.8);
            const auto during = static_cast<double>(make.integer(2, 40));
            for (std::size_t i = 20; i < frames.size(); ++i) {
                const double part = std::min((static_cast<double>(i) - 20) / during, 1.0);
                frames[i] = (frames[i] * (1 + part * (gain - 1))).clamp(0, 1);
            }
        } else if (film % 5 == 4) { // cuts to black and back
            for (std::size_t i = 30; i < 45; ++i) {
                frames[i] = at::zeros_like(frames[i]);
            }
        }
        const auto transitions = transitions_in(frames, make, flicker);
        for (const Transition& t : transitions) {
            UNSCOPED_INFO(to_string(t.kind) << " " << t.first << " + " << t.frames);
        }
        CHECK(transitions.empty());
        found += static_cast<int>(transitions.size());
    }
    CHECK(found == 0);
}

TEST_CASE("Transitions are in the JSON of facts, and places of a sample have none") {
    Generator make(3, height, width);
    const std::vector<at::Tensor> film = Generator::dissolved(make.shot(50), make.shot(50), 20);
    FilmAnalyzer whole;
    FilmAnalyzer sample;
    for (std::size_t i = 0; i < film.size(); ++i) {
        FrameInfo info;
        info.index = static_cast<std::int64_t>(i);
        info.pts = info.index;
        info.time_base = Rational(1, 25);
        whole.add(Frame(film[i].contiguous(), info));
        info.index = -1;
        sample.add(Frame(film[i].contiguous(), info));
    }
    const auto json = nlohmann::json::parse(whole.facts().to_json()).at("transitions");
    REQUIRE(json.size() == 1);
    CHECK(json[0].at("kind") == "dissolve");
    CHECK(std::abs(json[0].at("first").get<int>() - 30) <= 3);
    CHECK(std::abs(json[0].at("frames").get<int>() - 20) <= 3);
    CHECK(json[0].at("time").get<double>() == Approx(json[0].at("first").get<int>() / 25.0));
    CHECK(sample.facts().transitions.empty());
}
