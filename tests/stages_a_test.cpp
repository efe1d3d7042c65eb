// Deflicker, stabilize, scratch-removal and denoise as a pipeline runs them, on made-up films.
#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <catch2/catch.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

using namespace oldfilm;

namespace {

at::Tensor random(std::uint64_t seed, at::IntArrayRef shape, bool normal = false) {
    const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    return normal ? at::randn(shape, generator, at::kFloat) : at::rand(shape, generator, at::kFloat);
}

/// Blobs of many sizes, C x H x W in about [0.15, 0.85].
at::Tensor scene(std::uint64_t seed, std::int64_t channels, std::int64_t height,
                 std::int64_t width) {
    at::Tensor sum = at::zeros({1, channels, height, width});
    double weight = 0;
    for (const std::int64_t cell : {4, 8, 24}) {
        const at::Tensor coarse =
            random(seed + static_cast<std::uint64_t>(cell),
                   {1, channels, height / cell + 2, width / cell + 2});
        const auto share = static_cast<double>(cell);
        sum += share * at::upsample_bicubic2d(coarse, {height, width}, false);
        weight += share;
    }
    return (sum.squeeze(0) / weight).clamp(0.0, 1.0) * 0.7 + 0.15;
}

at::Tensor shifted(const at::Tensor& picture, double dx, double dy) {
    const auto h = picture.size(1);
    const auto w = picture.size(2);
    const at::Tensor x = ((at::arange(w, at::kFloat) - dx) * (2.0 / static_cast<double>(w - 1)) - 1)
                             .view({1, 1, w})
                             .expand({1, h, w});
    const at::Tensor y = ((at::arange(h, at::kFloat) - dy) * (2.0 / static_cast<double>(h - 1)) - 1)
                             .view({1, h, 1})
                             .expand({1, h, w});
    return at::grid_sampler_2d(picture.unsqueeze(0), at::stack({x, y}, 3), 2, 1, true).squeeze(0);
}

double psnr(const at::Tensor& a, const at::Tensor& b, std::int64_t margin = 0) {
    const auto inner = [&](const at::Tensor& t) {
        return t.slice(1, margin, t.size(1) - margin).slice(2, margin, t.size(2) - margin);
    };
    return -10 * std::log10((inner(a) - inner(b)).square().mean().item<double>() + 1e-12);
}

double mean(const Frame& frame) {
    return frame.picture().mean().item<double>();
}

/// Runs `count` frames, all of one shot, through the stages.
std::vector<Frame> restored(const std::vector<at::Tensor>& film,
                            const std::vector<std::string>& stages) {
    PipelineOptions options;
    options.device = "cpu";
    options.precision = Precision::float32;
    options.plugin_path = {OLDFILM_BINARY_DIR "/plugins"};
    Pipeline pipeline(options);
    for (const std::string& stage : stages) {
        pipeline.add(stage);
    }
    StreamFormat format;
    format.channels = static_cast<int>(film.front().size(0));
    format.height = film.front().size(1);
    format.width = film.front().size(2);
    format.rate = 16;
    std::size_t next = 0;
    Run run = pipeline.start(format, [&]() -> std::optional<Frame> {
        if (next == film.size()) {
            return std::nullopt;
        }
        FrameInfo info;
        info.index = info.pts = static_cast<std::int64_t>(next);
        info.duration = 1;
        info.time_base = Rational(1, 16);
        return Frame(film[next++], info);
    });
    std::vector<Frame> out;
    while (std::optional<Frame> frame = run.next()) {
        out.push_back(*frame);
    }
    REQUIRE(out.size() == film.size());
    return out;
}

std::vector<at::Tensor> film_of(int count, const std::function<at::Tensor(int)>& picture) {
    std::vector<at::Tensor> film;
    for (int i = 0; i < count; ++i) {
        film.push_back(picture(i));
    }
    return film;
}

/// Each stage takes monochrome and colour, films of one frame, the smallest size and odd ones, and
/// never writes to what it was given.
void works_on_any_size(const std::string& stage) {
    struct Size {
        std::int64_t channels, height, width;
        int frames;
    };
    for (const Size size : {Size{1, 16, 16, 4}, Size{3, 16, 16, 3}, Size{1, 37, 51, 5},
                            Size{3, 61, 43, 6}, Size{1, 48, 64, 1}}) {
        CAPTURE(stage, size.channels, size.height, size.width, size.frames);
        const at::Tensor still = scene(7, size.channels, size.height, size.width);
        const auto film = film_of(size.frames, [&](int i) {
            return still * (1 + 0.05 * (i % 2)) +
                   0.03 * random(static_cast<std::uint64_t>(100 + i), still.sizes(), true);
        });
        std::vector<at::Tensor> copies;
        for (const at::Tensor& picture : film) {
            copies.push_back(picture.clone());
        }
        const auto out = restored(film, {stage});
        for (std::size_t i = 0; i < film.size(); ++i) {
            CHECK(out[i].picture().sizes() == film[i].sizes());
            CHECK(out[i].picture().isfinite().all().item<bool>());
            CHECK(at::equal(film[i], copies[i]));
        }
    }
}

} // namespace

TEST_CASE("deflicker takes alternating exposure out", "[deflicker]") {
    const std::int64_t channels = GENERATE(1, 3);
    const at::Tensor still = scene(1, channels, 90, 120);
    const auto film = film_of(20, [&](int i) {
        return still * (i % 2 == 0 ? 1.08 : 0.92) + (i % 2 == 0 ? 0.01 : -0.01);
    });
    const auto out = restored(film, {"deflicker"});
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
    const auto out = restored(film, {"deflicker"});
    for (std::size_t i = 4; i < 12; ++i) {
        CHECK(psnr(out[i].picture(), still) > psnr(film[i], still) + 8);
    }
}

TEST_CASE("deflicker keeps a fade, and leaves a steady shot alone", "[deflicker]") {
    const at::Tensor still = scene(3, 1, 90, 120);
    const auto fade = film_of(24, [&](int i) { return still * (1 - 0.03 * i); });
    const auto faded = restored(fade, {"deflicker"});
    for (std::size_t i = 0; i < fade.size(); ++i) {
        CAPTURE(i);
        CHECK((faded[i].picture() - fade[i]).abs().max().item<double>() < 0.012);
    }
    const auto steady = film_of(10, [&](int i) {
        return still + 0.03 * random(static_cast<std::uint64_t>(i), still.sizes(), true);
    });
    const auto same = restored(steady, {"deflicker"});
    for (std::size_t i = 0; i < steady.size(); ++i) {
        CHECK(at::equal(same[i].picture(), steady[i]));
        CHECK(same[i].picture().const_data_ptr() == steady[i].const_data_ptr()); // no copy either
    }
}

TEST_CASE("deflicker keeps its hands off where strength is 0, and is even where it is less",
          "[deflicker]") {
    const at::Tensor still = scene(4, 1, 64, 64);
    const auto film = film_of(12, [&](int i) { return still * (i % 2 == 0 ? 1.1 : 0.9); });
    const auto none = restored(film, {"deflicker:strength=0"});
    const auto half = restored(film, {"deflicker:strength=0.5"});
    CHECK(at::equal(none[6].picture(), film[6]));
    CHECK(mean(half[6]) - mean(half[5]) == Approx(0.5 * (mean(none[6]) - mean(none[5]))).epsilon(0.15));
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
    const auto out = restored(film, {"stabilize"});
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
    const auto pan = film_of(20, [&](int i) {
        return shifted(wide, -3.5 * i, 0).slice(2, 60, 236).contiguous();
    });
    const auto panned = restored(pan, {"stabilize"});
    for (std::size_t i = 0; i < pan.size(); ++i) {
        CAPTURE(i);
        CHECK(psnr(panned[i].picture(), pan[i], 8) > 42);
    }
    const at::Tensor still = scene(6, 1, 144, 176);
    const auto steady = film_of(12, [&](int i) {
        return still + 0.01 * random(static_cast<std::uint64_t>(i), still.sizes(), true);
    });
    const auto same = restored(steady, {"stabilize"});
    for (std::size_t i = 0; i < steady.size(); ++i) {
        CHECK(psnr(same[i].picture(), steady[i], 8) > 40);
    }
}

TEST_CASE("stabilize fills or crops the border as told", "[stabilize]") {
    const at::Tensor still = scene(8, 1, 96, 128);
    const auto film = film_of(9, [&](int i) { return shifted(still, i == 4 ? 2.5 : 0.0, 0); });
    const auto mirror = restored(film, {"stabilize:border=mirror"});
    const auto crop = restored(film, {"stabilize:border=crop,max_shift=3"});
    CHECK(psnr(mirror[4].picture(), film[0], 8) > psnr(film[4], film[0], 8) + 6);
    CHECK(crop[4].picture().sizes() == film[4].sizes());
    CHECK(psnr(crop[4].picture(), crop[3].picture()) > psnr(film[4], film[3]) + 6);
    const auto held = restored(film, {"stabilize:max_shift=0"});
    CHECK(at::equal(held[4].picture(), film[4]));
}

TEST_CASE("the steadying stages take any size", "[deflicker][stabilize]") {
    works_on_any_size("deflicker");
    works_on_any_size("stabilize");
    works_on_any_size("stabilize:border=crop,rotation=true");
}
