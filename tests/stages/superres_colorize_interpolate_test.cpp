// Superres, colorize and interpolate with their default models: what must hold whatever the weights
// are, and that the weights are worth having.

#include "stage_driver.hpp"

#include <oldfilm/error.hpp>

#include <filesystem>
#include <fstream>

using namespace oldfilm;
using namespace oldfilm::testing;

namespace {

/// L* of sRGB pictures, by the standards' formulas in double precision: the stage's code is not
/// used.
at::Tensor lightness(const at::Tensor& picture) {
    const at::Tensor v = picture.to(at::kDouble);
    const at::Tensor light =
        at::where(v > 0.04045, ((v.clamp_min(0.04045) + 0.055) / 1.055).pow(2.4), v / 12.92);
    const at::Tensor y =
        light.size(0) == 1 ? light[0] : light[0] * 0.2126 + light[1] * 0.7152 + light[2] * 0.0722;
    return at::where(y > 216.0 / 24389, y.clamp_min(1e-9).pow(1.0 / 3) * 116 - 16,
                     y * (24389.0 / 27));
}

/// How colorful: R - G and B - G.
at::Tensor hue(const at::Tensor& rgb) {
    return at::stack({rgb[0] - rgb[1], rgb[2] - rgb[1]});
}

/// Of blocks of 8 x 8: grain in lightness, which stays, averages out.
at::Tensor tint(const at::Tensor& rgb) {
    return at::avg_pool2d(hue(rgb), {8, 8});
}

double change(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().mean().item<double>();
}

std::string temporary_file(const std::string& name, const std::string& content) {
    const auto path = std::filesystem::temp_directory_path() / ("oldfilm-test-" + name);
    std::ofstream(path) << content;
    return path.string();
}

} // namespace

TEST_CASE("superres gives the size that it promises", "[superres]") {
    for (const int channels : {1, 3}) {
        for (const double scale : {1.5, 2.0, 2.5, 4.0, 6.0, 8.0}) {
            for (const auto& [height, width] : {std::pair{16, 16}, {17, 23}}) {
                const at::Tensor out = restored_frame("superres:scale=" + std::to_string(scale),
                                                      texture(channels, height, width));
                INFO("scale " << scale << " of " << width << "x" << height);
                const auto side = [scale](int n) {
                    return n % 2 == 0 ? 2 * std::llround(n * scale / 2) : std::llround(n * scale);
                };
                CHECK(out.sizes().vec() ==
                      std::vector<std::int64_t>{channels, side(height), side(width)});
                CHECK(out.isfinite().all().item<bool>());
            }
        }
    }
}

TEST_CASE("superres brings back more than bicubic interpolation", "[superres]") {
    const int channels = GENERATE(1, 3);
    const at::Tensor picture = photo("home.jpg", channels);
    if (!picture.defined()) {
        return;
    }
    const at::Tensor truth = crop(picture, 100, 120, 192, 192);
    for (const int scale : {2, 3, 4, 6}) {
        const at::Tensor small = resized(truth, 192 / scale, 192 / scale).clamp(0, 1);
        const at::Tensor out = restored_frame("superres:scale=" + std::to_string(scale), small);
        INFO("x" << scale << ", " << channels << " channels: bicubic "
                 << psnr(resized(small, 192, 192), truth) << " dB, superres " << psnr(out, truth)
                 << " dB");
        CHECK(psnr(out, truth) > psnr(resized(small, 192, 192), truth) + 0.5);
    }
}

TEST_CASE("superres enlarges into a size", "[superres]") {
    const at::Tensor film = texture(1, 16, 20);
    const auto size = [&film](const std::string& fit) {
        return restored_frame("superres:fit=" + fit, film).sizes().vec();
    };
    using Sizes = std::vector<std::int64_t>;
    CHECK(size("100x50") == Sizes{1, 50, 62});
    CHECK(size("101x99") == Sizes{1, 80, 100});
    CHECK(size("3840x2160") == Sizes{1, 128, 160}); // eight times
    CHECK(at::equal(restored_frame("superres:fit=20x90", film), film));
    CHECK_THROWS_WITH(size("19x90"), Catch::Contains("which is 20x16, found 19x90; name a larger"));
    for (const char* fit : {"4K", "3840", "3840x", "0x90", "90x16p"}) {
        CHECK_THROWS_WITH(size(fit), Catch::Contains("such as 3840x2160, found"));
    }
}

TEST_CASE("superres draws texture where it is asked to, and keeps what it was given",
          "[superres]") {
    const at::Tensor picture = photo("home.jpg", 1);
    if (!picture.defined()) {
        return;
    }
    const at::Tensor truth = crop(picture, 100, 100, 192, 192);
    const at::Tensor small = resized(truth, 48, 48).clamp(0, 1);
    const auto fine = [](const at::Tensor& x) { // what a grid of twice the spacing can't hold
        return (x - resized(resized(x, 96, 96), 192, 192)).abs().mean().item<double>();
    };
    const at::Tensor faithful = restored_frame("superres:scale=4", small);
    const at::Tensor drawn = restored_frame("superres:scale=4,model=texture", small);
    CHECK(drawn.sizes() == truth.sizes());
    CHECK(fine(drawn) > 1.5 * fine(faithful));
    CHECK(fine(drawn) < 1.5 * fine(truth));
    CHECK(psnr(resized(drawn, 48, 48), small) > 30);
    // At other sizes the network for x4 serves too, its result made smaller.
    CHECK(restored_frame("superres:scale=2,model=texture", small).size(1) == 96);
}

TEST_CASE("superres keeps what lies beyond the nominal range", "[superres]") {
    const at::Tensor out = restored_frame("superres", at::full({1, 20, 20}, 1.06));
    CHECK(std::abs(out.mean().item<double>() - 1.06) < 0.02);
}

TEST_CASE("colorize leaves lightness alone", "[colorize]") {
    const int channels = GENERATE(1, 3);
    for (const char* name : {"fruits.jpg", "home.jpg"}) {
        const at::Tensor picture = photo(name, channels);
        if (!picture.defined()) {
            return;
        }
        for (const char* stage : {"colorize", "colorize:saturation=2"}) {
            const at::Tensor out = restored_frame(stage, picture);
            REQUIRE(out.size(0) == 3);
            CHECK((lightness(out) - lightness(picture)).abs().max().item<double>() < 0.5);
            CHECK(hue(out).abs().mean().item<double>() > 0.01);
            CHECK(out.min().item<double>() > -1e-3);
            CHECK(out.max().item<double>() < 1 + 1e-3);
        }
    }
}

TEST_CASE("colorize without saturation is gray", "[colorize]") {
    const at::Tensor gray = texture(1, 40, 52) * 1.2 - 0.1; // beyond black and white too
    const at::Tensor out = restored_frame("colorize:saturation=0", gray);
    CHECK((out - gray).abs().max().item<double>() < 1e-4);
}

TEST_CASE("colorize takes small and odd sizes", "[colorize]") {
    for (const auto& [height, width] : {std::pair{16, 16}, {17, 23}, {16, 90}}) {
        const at::Tensor gray = texture(1, height, width);
        const at::Tensor out = restored_frame("colorize", gray);
        CHECK(out.sizes().vec() == std::vector<std::int64_t>{3, height, width});
        CHECK((lightness(out) - lightness(gray)).abs().max().item<double>() < 0.5);
    }
}

TEST_CASE("colors are steady within a shot and forgotten at a cut", "[colorize]") {
    const at::Tensor first = photo("fruits.jpg", 1);
    const at::Tensor second = photo("home.jpg", 1);
    if (!first.defined() || !second.defined()) {
        return;
    }
    at::manual_seed(3);
    std::vector<at::Tensor> film;
    const auto shoot = [&film](const at::Tensor& scene, int count) {
        const at::Tensor small = resized(scene, 128, 160).clamp(0, 1);
        for (int i = 0; i < count; ++i) {
            film.push_back(small + at::randn({1, 128, 160}) * 0.04);
        }
    };
    shoot(first, 6);
    shoot(second, 6);
    const std::vector<Frame> out = restored("colorize", film);
    REQUIRE(out.size() == film.size());
    REQUIRE(out[5].info().shot != out[6].info().shot);

    double steady = 0, alone = 0;
    at::Tensor before = tint(restored_frame("colorize", film[1]));
    for (std::size_t i = 1; i < 4; ++i) {
        const at::Tensor after = tint(restored_frame("colorize", film[i + 1]));
        steady += change(tint(out[i].picture()), tint(out[i + 1].picture()));
        alone += change(before, after);
        before = after;
    }
    INFO("change over three frames: " << steady << ", each frame for itself: " << alone);
    CHECK(steady < 0.6 * alone);

    const std::vector<Frame> only =
        restored("colorize", std::vector<at::Tensor>(film.begin() + 6, film.end()));
    for (std::size_t i = 0; i < only.size(); ++i) {
        CHECK(at::equal(only[i].picture(), out[6 + i].picture()));
    }
}

TEST_CASE("a hint's color follows its object through the shot", "[colorize]") {
    // A gray disc that moves over a darker, uneven ground; the hint lies on it in frame 3.
    const auto scene = [](int number) {
        const at::Tensor x = at::arange(96).view({1, 96}).to(at::kFloat) - 24.0 - 4.0 * number;
        const at::Tensor y = at::arange(80).view({80, 1}).to(at::kFloat) - 40.0;
        const at::Tensor inside = ((x * x + y * y).sqrt() - 14.0).neg().clamp(0, 1);
        return (texture(1, 80, 96) * 0.25 + 0.05) * (1 - inside) +
               inside * (0.65 + texture(1, 80, 96) * 0.1);
    };
    std::vector<at::Tensor> film;
    for (int i = 0; i < 8; ++i) {
        film.push_back(scene(i));
    }
    const std::string file =
        temporary_file("hints.json", R"([{"frame": 3, "x": 36, "y": 40, "color": "#c03020"}])");
    const std::vector<Frame> out = restored("colorize:hints=" + file, film);
    for (int i = 0; i < 8; ++i) {
        INFO("frame " << i);
        const at::Tensor color =
            hue(crop(out[static_cast<std::size_t>(i)].picture(), 36, 20 + 4 * i, 8, 8))
                .mean({1, 2});
        CHECK(color[0].item<double>() > 0.25);           // red
        CHECK(std::abs(color[1].item<double>()) < 0.15); // no blue
        const at::Tensor ground =
            hue(crop(out[static_cast<std::size_t>(i)].picture(), 2, 2, 10, 90)).mean({1, 2});
        CHECK(ground[0].item<double>() < 0.5 * color[0].item<double>()); // not everywhere
    }

    CHECK_THROWS_AS(
        restored("colorize:hints=" + temporary_file("bad.json", R"([{"frame": 3}])"), film), Error);
    CHECK_THROWS_AS(restored("colorize:hints=/nowhere/hints.json", film), Error);
}

TEST_CASE("hints reach their own shot and no other", "[colorize]") {
    at::manual_seed(11);
    const at::Tensor first = at::rand({1, 64, 80}) * 0.1 + 0.1;
    const at::Tensor second = 1 - texture(1, 64, 80) * 0.4;
    std::vector<at::Tensor> film(5, first);
    film.insert(film.end(), 5, second);
    const std::string file = temporary_file(
        "second-shot.json", R"([{"frame": 7, "x": 40, "y": 32, "color": "#3060c0"}])");
    const std::vector<Frame> plain = restored("colorize", film);
    const std::vector<Frame> out = restored("colorize:hints=" + file, film);
    REQUIRE(out[4].info().shot != out[5].info().shot);
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(at::equal(out[i].picture(), plain[i].picture()));
    }
    for (std::size_t i = 5; i < 10; ++i) {
        const at::Tensor color = hue(crop(out[i].picture(), 30, 38, 5, 5)).mean({1, 2});
        CHECK(color[1].item<double>() > 0.1); // blue
    }
}

TEST_CASE("a reference picture lends its palette", "[colorize]") {
    const at::Tensor picture = photo("home.jpg", 1);
    // Fruits under another sun, far from what the network would paint by itself: red is blue.
    const at::Tensor fruits = photo("fruits.jpg", 3);
    if (!picture.defined() || !fruits.defined()) {
        return;
    }
    const at::Tensor reference = fruits.flip(0);
    const auto file = std::filesystem::temp_directory_path() / "oldfilm-test-reference.png";
    const cv::Mat read = cv::imread(picture_folder + "fruits.jpg");
    cv::Mat swapped;
    cv::cvtColor(read, swapped, cv::COLOR_BGR2RGB);
    cv::imwrite(file.string(), swapped);
    const at::Tensor plain = hue(restored_frame("colorize", picture)).mean({1, 2});
    const at::Tensor lent =
        hue(restored_frame("colorize:reference=" + file.string(), picture)).mean({1, 2});
    const at::Tensor wanted = hue(reference).mean({1, 2});
    INFO("plain " << plain << ", lent " << lent << ", reference " << wanted);
    CHECK(change(lent, wanted) < 0.6 * change(plain, wanted));
    CHECK_THROWS_AS(restored_frame("colorize:reference=/nowhere.png", picture), Error);
}

TEST_CASE("interpolate keeps the film's frames and makes the others", "[interpolate]") {
    const int channels = GENERATE(1, 3);
    const auto& [height, width] = GENERATE(std::pair{16, 16}, std::pair{37, 45});
    std::vector<at::Tensor> film;
    for (int i = 0; i < 5; ++i) {
        film.push_back(at::roll(texture(channels, height, width), i, 2));
    }
    const std::vector<Frame> out = restored("interpolate:fps=2x", film);
    REQUIRE(out.size() == 10);
    for (std::size_t i = 0; i < out.size(); ++i) {
        CHECK(out[i].channels() == channels);
        CHECK(out[i].info().time() == Rational(static_cast<std::int64_t>(i), 32));
        if (i % 2 == 0) {
            CHECK(out[i].info().origin == Origin::decoded);
            CHECK(at::equal(out[i].picture(), film[i / 2]));
        } else {
            CHECK(out[i].info().origin == (i == 9 ? Origin::held : Origin::interpolated));
        }
    }
    // 5 frames at 16 a second last 5/16 s, which begins 7.49 frames of 24000/1001.
    CHECK(restored("interpolate:fps=24000/1001", film).size() == 8);
    CHECK(restored("interpolate:fps=23.976", film).size() == 8);
    CHECK(restored("interpolate:fps=60", film).size() == 19);
    CHECK(restored("interpolate:fps=16", film).size() == 5);
}

TEST_CASE("interpolate follows what moves", "[interpolate]") {
    const at::Tensor picture = photo("fruits.jpg", 1);
    if (!picture.defined()) {
        return;
    }
    const auto at_time = [&](double frames) { // moves 6 pixels a frame to the left
        return crop(picture, 100, 100 + static_cast<std::int64_t>(6 * frames), 160, 200);
    };
    const std::vector<Frame> out =
        restored("interpolate:fps=2x", {at_time(0), at_time(1), at_time(2)});
    for (const std::size_t i : {1U, 3U}) {
        const double time = static_cast<double>(i) / 2;
        const auto inner = [](const at::Tensor& p) { return crop(p, 16, 16, 128, 168); };
        const at::Tensor truth = inner(at_time(time));
        const at::Tensor blend = inner((at_time(time - 0.5) + at_time(time + 0.5)) / 2);
        INFO("blend " << psnr(blend, truth) << " dB, interpolated "
                      << psnr(inner(out[i].picture()), truth) << " dB");
        CHECK(psnr(inner(out[i].picture()), truth) > psnr(blend, truth) + 3);
    }
}

TEST_CASE("interpolate holds at a cut and refuses what is no rate", "[interpolate]") {
    const at::Tensor a = texture(1, 48, 64);
    const at::Tensor b = 1 - at::rot90(a, 2, {1, 2});
    const std::vector<Frame> out = restored("interpolate:fps=2x", {a, a, a, b, b, b});
    REQUIRE(out.size() == 12);
    REQUIRE(out[5].info().shot != out[6].info().shot);
    CHECK(out[5].info().origin == Origin::held);
    CHECK(at::equal(out[5].picture(), a));
    for (const char* text : {"interpolate:fps=fast", "interpolate:fps=0", "interpolate:fps=-5",
                             "interpolate:fps=24/0", "interpolate:fps=1e9"}) {
        CHECK_THROWS_AS(restored(text, {a, a}), Error);
    }
    // A factor needs no rate: it goes between the frames, whenever they are.
    CHECK(restored("interpolate:fps=2x", {a, a}, Rational(0)).size() == 4);
}
