// Facts of generated films, whose truth is known, with the figures that docs/film-facts.md states.
#include "analysis/generator.hpp"

#include <oldfilm/analysis.hpp>
#include <oldfilm/error.hpp>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdlib>

using namespace oldfilm;
using test::Generator;

namespace {

constexpr int films = 40;

void add(FilmAnalyzer& analyzer, const at::Tensor& picture, int shot = 0) {
    FrameInfo info;
    info.shot = shot;
    analyzer.add(Frame(picture.contiguous(), info));
}

FilmFacts facts_of(const std::vector<at::Tensor>& film) {
    FilmAnalyzer analyzer;
    for (const at::Tensor& picture : film) {
        add(analyzer, picture);
    }
    return analyzer.facts();
}

/// The largest distance of a side, in pixels.
std::int64_t off(const ActiveArea& a, const ActiveArea& b) {
    return std::max({std::abs(a.left - b.left), std::abs(a.top - b.top),
                     std::abs(a.left + a.width - b.left - b.width),
                     std::abs(a.top + a.height - b.top - b.height)});
}

Generator::Frame random_frame(Generator& make, int kind, std::int64_t height, std::int64_t width) {
    Generator::Frame frame;
    const std::int64_t x = kind == 0 ? 0 : make.integer(2, width / 6);
    const std::int64_t y = kind == 1 ? 0 : make.integer(2, height / 6);
    const std::int64_t right = x > 0 ? x + make.integer(0, 5) : 0;
    const std::int64_t bottom = y > 0 ? y + make.integer(0, 5) : 0;
    frame.area = {.left = x, .top = y, .width = width - x - right, .height = height - y - bottom};
    frame.level = make.uniform(0, 0.08);
    frame.noise = make.uniform(0, 0.012);
    if (kind == 3) { // a film gate
        frame.softness = make.uniform(1, 5);
        frame.radius = static_cast<double>(std::min(width, height)) * make.uniform(0.06, 0.12);
    }
    return frame;
}

/// Smooth parts, and edges: 1 x 288 x 384.
at::Tensor scene_without_grain() {
    at::Tensor picture =
        0.2 + 0.6 * at::upsample_bicubic2d(at::rand({1, 1, 7, 9}), {288, 384}, false)[0];
    for (int i = 0; i < 6; ++i) {
        picture.narrow(1, 20 + 40 * i, 25).narrow(2, 30 + 50 * i, 40).add_(i % 2 == 0 ? 0.2 : -0.2);
    }
    return picture.clamp(0.1, 0.9);
}

/// With grain that depends on the tone, filtered with a Gaussian of deviation `size`.
at::Tensor grainy(const at::Tensor& picture, double sigma, double size) {
    at::Tensor noise = at::randn({1, 1, picture.size(1) + 16, picture.size(2) + 16});
    if (size > 0) {
        const at::Tensor x = at::arange(-8, 9).to(at::kFloat) / size;
        at::Tensor kernel = at::exp(-0.5 * x * x);
        kernel = kernel / kernel.square().sum().sqrt();
        noise =
            at::conv2d(at::conv2d(noise, kernel.view({1, 1, 1, 17})), kernel.view({1, 1, 17, 1}));
    } else {
        noise = noise.narrow(2, 8, picture.size(1)).narrow(3, 8, picture.size(2));
    }
    const at::Tensor response = (4 * picture * (1 - picture)).clamp_min(0).sqrt();
    const at::Tensor made = (picture + sigma * response * noise[0]).clamp(0, 1);
    return (made * 255).round() / 255;
}

} // namespace

TEST_CASE("The active area is found within a pixel") {
    int within = 0;
    int rounded = 0;
    for (int film = 0; film < films; ++film) {
        const std::int64_t height = 288 + 8 * (film % 7);
        const std::int64_t width = 384 + 10 * (film % 5);
        Generator make(static_cast<std::uint64_t>(film) + 1, height, width);
        const Generator::Frame truth = random_frame(make, film % 4, height, width);
        FilmAnalyzer analyzer;
        for (int place = 0; place < 6; ++place) {
            for (const at::Tensor& picture : make.shot(3)) {
                add(analyzer, test::coded(make.framed(picture, truth)), place);
            }
        }
        const ActiveArea found = analyzer.facts().area;
        const std::int64_t distance = off(found, truth.area);
        INFO("film " << film << ": found " << found.width << " x " << found.height << " at "
                     << found.left << ", " << found.top << ", is " << truth.area.width << " x "
                     << truth.area.height << " at " << truth.area.left << ", " << truth.area.top);
        CHECK(distance <= 1);
        within += distance <= 1 ? 1 : 0;
        rounded += found.rounded == (truth.radius > 0) ? 1 : 0;
    }
    CHECK(within == films);
    CHECK(rounded == films);
}

TEST_CASE("A film without bars has none, however dark its corners are") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Generator make(seed, 240, 320);
        const at::Tensor x = at::linspace(-1, 1, 320).view({1, 1, 320});
        const at::Tensor y = at::linspace(-1, 1, 240).view({1, 240, 1});
        const at::Tensor vignette =
            seed % 2 == 0 ? (1 - 0.42 * (x * x + y * y)).clamp_min(0.1) : at::ones({1, 240, 320});
        FilmAnalyzer analyzer;
        for (int place = 0; place < 5; ++place) {
            for (const at::Tensor& picture : make.shot(3, 0, 0.9)) {
                add(analyzer, test::coded(picture * vignette), place);
            }
        }
        const ActiveArea whole{.left = 0, .top = 0, .width = 320, .height = 240};
        INFO("film " << seed);
        CHECK(analyzer.facts().area == whole);
    }
}

TEST_CASE("Dark parts of pictures are no bars") {
    const ActiveArea whole{.left = 0, .top = 0, .width = 320, .height = 240};
    Generator make(5, 240, 320);
    // A figure on a black stage, whose head is below the uppermost lines.
    std::vector<at::Tensor> stage;
    for (const at::Tensor& picture : make.shot(6, 0.3, 0.9)) {
        at::Tensor mask = at::zeros({1, 240, 320});
        mask.narrow(1, 30, 90).narrow(2, 130, 50).fill_(1);
        stage.push_back(test::coded(0.01 + picture * mask));
    }
    CHECK(facts_of(stage).area == whole);
    // A dark blue sky, of less luma than bars may have.
    std::vector<at::Tensor> night;
    for (const at::Tensor& picture : make.shot(6, 0.3, 0.9)) {
        at::Tensor colored = picture.repeat({3, 1, 1});
        colored.narrow(1, 0, 30).fill_(0.02);
        colored.select(0, 2).narrow(0, 0, 30).fill_(0.5);
        night.push_back(test::coded(colored));
    }
    CHECK(facts_of(night).area == whole);
}

TEST_CASE("Muted scenes of a color film are no tints") {
    Generator make(11, 192, 256);
    FilmAnalyzer analyzer;
    for (int shot = 0; shot < 3; ++shot) {
        add(analyzer, test::coded(make.colors()), shot);
    }
    add(analyzer, test::coded(Generator::tinted(make.shot(1)[0], {1, 0.95, 0.9}, false)), 3);
    add(analyzer, test::coded(Generator::tinted(make.shot(1)[0], {1, 0.8, 0.5}, false)), 4);
    const FilmFacts facts = analyzer.facts();
    CHECK(facts.coloring == Coloring::color);
    CHECK(facts.shots[3].coloring == Coloring::color);
    CHECK(facts.shots[4].coloring == Coloring::tinted);
}

TEST_CASE("Tints and tones are distinguished from color, and measured within two code values") {
    int kinds = 0;
    double worst = 0;
    for (int film = 0; film < films; ++film) {
        Generator make(static_cast<std::uint64_t>(film) + 100, 192, 256);
        const bool tone = film % 2 == 1;
        Tint::Color color{make.uniform(0.6, 1), make.uniform(0.6, 1), make.uniform(0.6, 1)};
        if (tone) {
            color = {make.uniform(0.4, 0.6), make.uniform(0.4, 0.6), make.uniform(0.4, 0.6)};
        }
        // At least eight codes of color in the middle, or it is gray.
        const auto [least, most] = std::minmax_element(color.begin(), color.end());
        *most = std::min(std::max(*most, *least + 0.07), 1.0);
        *least = *most - std::max(*most - *least, 0.07);
        std::vector<at::Tensor> shot;
        for (const at::Tensor& gray : make.shot(4)) {
            shot.push_back(test::coded(Generator::tinted(gray, color, tone)));
        }
        const FilmFacts facts = facts_of(shot);
        INFO("film " << film << ", spread " << *most - *least);
        CHECK(facts.coloring == Coloring::tinted);
        kinds += facts.coloring == Coloring::tinted ? 1 : 0;
        // What the tint makes of the gray whose tinted luma is one half.
        const auto made = [&](double gray) {
            Tint::Color c{};
            for (std::size_t i = 0; i < 3; ++i) {
                c[i] = tone ? gray + (1 - gray) * gray * 4 * (color[i] - 0.5) : gray * color[i];
            }
            return c;
        };
        const auto luma = [](const Tint::Color& c) {
            return 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2];
        };
        double low = 0;
        double high = 1;
        for (int i = 0; i < 40; ++i) {
            (luma(made((low + high) / 2)) < 0.5 ? low : high) = (low + high) / 2;
        }
        const Tint::Color truth = made(low);
        const Tint::Color found = facts.shots[0].tint.at(0.5);
        for (std::size_t c = 0; c < 3; ++c) {
            worst = std::max(worst, 255 * std::abs(truth[c] - found[c]));
        }
    }
    CHECK(kinds == films);
    CHECK(worst <= 2);
}

TEST_CASE("Black and white is none of them, nor is color a tint") {
    int gray = 0;
    int colored = 0;
    for (int film = 0; film < films; ++film) {
        Generator make(static_cast<std::uint64_t>(film) + 200, 192, 256);
        std::vector<at::Tensor> shot;
        for (const at::Tensor& picture : make.shot(4)) {
            // Of a scanner in color: noise in each channel, and a cast of a code.
            const at::Tensor noise = at::randn({3, 192, 256}) * 0.012;
            const at::Tensor cast = at::tensor({0.003, 0.0, -0.003}, at::kFloat).view({3, 1, 1});
            shot.push_back(test::coded((picture + noise + cast).clamp(0, 1)));
        }
        gray += facts_of(shot).coloring == Coloring::black_and_white ? 1 : 0;
        colored += facts_of({test::coded(make.colors())}).coloring == Coloring::color ? 1 : 0;
    }
    CHECK(gray == films);
    CHECK(colored == films);
}

TEST_CASE("Title cards, leader and black are distinguished from pictures") {
    int cards = 0;
    int pictures = 0;
    int evens = 0;
    for (int film = 0; film < films; ++film) {
        Generator make(static_cast<std::uint64_t>(film) + 300, film % 2 == 0 ? 288 : 480,
                       film % 2 == 0 ? 384 : 640);
        const FilmFacts card = facts_of(make.title_card(3));
        INFO("film " << film);
        CHECK(card.shots[0].kind == PictureKind::title_card);
        cards += card.shots[0].kind == PictureKind::title_card ? 1 : 0;
        pictures += facts_of(make.shot(3)).shots[0].kind == PictureKind::picture ? 1 : 0;
        const bool is_black = film % 3 == 0;
        const double level = is_black ? make.uniform(0, 0.07) : make.uniform(0.2, 0.95);
        const at::Tensor even = (level + make.grain(0.02)).clamp(0, 1);
        evens +=
            facts_of({even}).shots[0].kind == (is_black ? PictureKind::black : PictureKind::leader)
                ? 1
                : 0;
    }
    CHECK(cards >= films * 95 / 100);
    CHECK(pictures == films);
    CHECK(evens == films);
}

TEST_CASE("Shots have facts of their own, and the film those of most") {
    Generator make(7, 192, 256);
    FilmAnalyzer analyzer;
    const Tint::Color amber{1, 0.8, 0.5};
    int shot = 0;
    for (const at::Tensor& picture : make.shot(5)) {
        add(analyzer, Generator::tinted(picture, amber, false), shot);
    }
    ++shot;
    for (const at::Tensor& picture : make.title_card(3)) {
        add(analyzer, picture.expand({3, 192, 256}), shot);
    }
    ++shot;
    for (const at::Tensor& picture : make.shot(4)) {
        add(analyzer, Generator::tinted(picture, {0.5, 0.6, 1}, false), shot);
    }
    const FilmFacts facts = analyzer.facts();
    REQUIRE(facts.shots.size() == 3);
    CHECK(facts.coloring == Coloring::tinted);
    CHECK(facts.shots[0].frames == 5);
    CHECK(facts.shots[0].tint.at(0.5)[2] < 0.4);
    CHECK(facts.shots[1].kind == PictureKind::title_card);
    CHECK(facts.shots[1].coloring == Coloring::black_and_white);
    CHECK(facts.shots[2].tint.at(0.5)[2] > 0.6);
    const auto json = nlohmann::json::parse(facts.to_json());
    CHECK(json.at("coloring") == "tinted");
    CHECK(json.at("shots").at(1).at("kind") == "title_card");
    CHECK(json.at("shots").at(0).at("tint").size() == 17);
    CHECK(json.at("area").at("width") == 256);
    CHECK_THROWS_WITH(add(analyzer, at::zeros({1, 10, 10})),
                      Catch::Contains("256 x 192, found 10 x 10"));
}

TEST_CASE("Non-finite values do not end an analysis, and NaN counts as black") {
    for (const std::int64_t channels : {1, 3}) {
        const at::Tensor nothing = at::full({channels, 60, 80}, std::nan(""), at::kFloat);
        CHECK(facts_of({nothing, nothing}).shots.at(0).kind == PictureKind::black);
        at::Tensor some = at::rand({channels, 60, 80}) * 1e30;
        some.slice(2, 0, 10).fill_(-INFINITY);
        some.slice(2, 70, 80).fill_(INFINITY);
        const FilmFacts facts = facts_of({some, some});
        CHECK(facts.area.width <= 80);
        CHECK(nlohmann::json::accept(facts.to_json()));
    }
}

TEST_CASE("Grain is measured within a tenth, whatever moves") {
    for (int film = 0; film < 12; ++film) {
        Generator make(static_cast<std::uint64_t>(film) + 900, 288, 384);
        const double sigma = std::array{2.0, 4.0, 8.0, 14.0}.at(static_cast<std::size_t>(film % 4));
        const double size = std::array{0.0, 0.6, 1.2}.at(static_cast<std::size_t>(film % 3));
        const at::Tensor still = scene_without_grain();
        std::vector<at::Tensor> shot;
        for (int i = 0; i < 6; ++i) { // half of them with weave
            const at::Tensor picture = film < 6 ? still : still.roll({i % 2, -(i % 3) / 2}, {1, 2});
            shot.push_back(grainy(picture, sigma / 255, size));
        }
        const FilmFacts facts = facts_of(shot);
        INFO("film " << film << ", sigma " << sigma << ", size " << size);
        CHECK(facts.shots[0].grain_sigma == Approx(sigma).epsilon(0.1).margin(0.15));
        CHECK(facts.shots[0].grain_size == Approx(size).margin(0.15));
    }
    Generator make(5, 288, 384);
    CHECK(facts_of({make.shot(1)[0]}).shots[0].grain_sigma == -1);
}
