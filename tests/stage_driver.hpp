#pragma once
/// \file
/// Drives one stage over a film of tensors, and the pictures to do it with.

#include <oldfilm/pipeline.hpp>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <catch2/catch.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace oldfilm::testing {

inline const std::string picture_folder = "/usr/share/doc/opencv-doc/examples/data/";

/// A photograph of Debian's opencv-doc, C x H x W; nothing (the caller skips) where it is not
/// installed.
inline at::Tensor photo(const std::string& name, int channels) {
    cv::Mat read =
        cv::imread(picture_folder + name, channels == 1 ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR);
    if (read.empty()) {
        WARN("skipped: " << picture_folder << name << " is not there; install opencv-doc");
        return {};
    }
    if (channels == 3) {
        cv::cvtColor(read, read, cv::COLOR_BGR2RGB);
    }
    cv::Mat real;
    read.convertTo(real, CV_MAKETYPE(CV_32F, channels), 1.0 / 255);
    return at::from_blob(real.data, {real.rows, real.cols, channels})
        .permute({2, 0, 1})
        .clone(at::MemoryFormat::Contiguous); // the pixels go with `real`
}

/// A window of `picture`.
inline at::Tensor crop(const at::Tensor& picture, std::int64_t y, std::int64_t x,
                       std::int64_t height, std::int64_t width) {
    return picture.narrow(1, y, height).narrow(2, x, width).contiguous();
}

inline at::Tensor resized(const at::Tensor& picture, std::int64_t height, std::int64_t width) {
    return at::_upsample_bicubic2d_aa(picture.unsqueeze(0), {height, width}, false).squeeze(0);
}

inline at::Tensor random(std::uint64_t seed, at::IntArrayRef shape, bool normal = false) {
    const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
    return normal ? at::randn(shape, generator, at::kFloat)
                  : at::rand(shape, generator, at::kFloat);
}

/// Blobs of many sizes, C x H x W in about [0.15, 0.85].
inline at::Tensor scene(std::uint64_t seed, std::int64_t channels, std::int64_t height,
                        std::int64_t width) {
    at::Tensor sum = at::zeros({1, channels, height, width});
    double weight = 0;
    for (const std::int64_t cell : {4, 8, 24}) {
        const at::Tensor coarse = random(seed + static_cast<std::uint64_t>(cell),
                                         {1, channels, height / cell + 2, width / cell + 2});
        const auto share = static_cast<double>(cell);
        sum += share * at::upsample_bicubic2d(coarse, {height, width}, false);
        weight += share;
    }
    return (sum.squeeze(0) / weight).clamp(0.0, 1.0) * 0.7 + 0.15;
}

inline at::Tensor shifted(const at::Tensor& picture, double dx, double dy) {
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

/// Smooth structure without a preferred direction, seeded.
inline at::Tensor texture(int channels, std::int64_t height, std::int64_t width) {
    at::manual_seed(7);
    return resized(at::rand({channels, std::max<std::int64_t>(height / 6, 3),
                             std::max<std::int64_t>(width / 6, 3)}),
                   height, width)
        .clamp(0.02, 0.98);
}

/// In dB; `margin` pixels at each side don't count.
inline double psnr(const at::Tensor& a, const at::Tensor& b, std::int64_t margin = 0) {
    const auto inner = [margin](const at::Tensor& t) {
        return t.slice(1, margin, t.size(1) - margin).slice(2, margin, t.size(2) - margin);
    };
    return -10 * std::log10(at::mse_loss(inner(a), inner(b)).item<double>() + 1e-12);
}

/// Frame `number` of a film of 16 frames a second.
inline Frame frame_of(const at::Tensor& picture, std::int64_t number) {
    FrameInfo info;
    info.pts = number;
    info.duration = 1;
    info.time_base = Rational(1, 16);
    return {picture, info};
}

/// A film at `rate` through the stage that `text` describes; `stats` as they are at the end.
inline std::vector<Frame> restored(const std::string& text, const std::vector<Frame>& film,
                                   Rational rate = 16, RunStats* stats = nullptr) {
    PipelineOptions options;
    options.device = "cpu";
    options.precision = Precision::float32;
    options.plugin_path = {OLDFILM_BINARY_DIR "/plugins"};
    Pipeline pipeline(options);
    pipeline.add(text);
    StreamFormat format;
    format.channels = static_cast<int>(film.front().channels());
    format.height = film.front().height();
    format.width = film.front().width();
    format.rate = rate;
    Run run = pipeline.start(format);
    std::vector<Frame> out;
    Frame got;
    for (const Frame& frame : film) {
        while (!run.push(frame)) {
            // Starved: the stages took frames meanwhile, and there is room again.
            if (run.next(got) == Run::State::frame) {
                out.push_back(got);
            }
        }
    }
    run.finish();
    while (run.next(got) == Run::State::frame) {
        out.push_back(got);
    }
    if (stats != nullptr) {
        *stats = run.stats();
    }
    return out;
}

/// The same of a film of pictures.
inline std::vector<Frame> restored(const std::string& text, const std::vector<at::Tensor>& film,
                                   Rational rate = 16, RunStats* stats = nullptr) {
    std::vector<Frame> frames;
    for (const at::Tensor& picture : film) {
        frames.push_back(frame_of(picture, static_cast<std::int64_t>(frames.size())));
    }
    return restored(text, frames, rate, stats);
}

inline at::Tensor restored_frame(const std::string& text, const at::Tensor& picture) {
    return restored(text, std::vector{picture}).at(0).picture();
}

inline std::vector<at::Tensor> film_of(int count, const std::function<at::Tensor(int)>& picture) {
    std::vector<at::Tensor> film;
    for (int i = 0; i < count; ++i) {
        film.push_back(picture(i));
    }
    return film;
}

/// PSNR in dB of values in [0, 1], where the boolean `mask` is set.
inline double psnr_within(const at::Tensor& mask, const at::Tensor& a, const at::Tensor& b) {
    return -10 * std::log10((a - b).square().masked_select(mask).mean().item<double>());
}

/// Share of the places that `mask` (0 or 1) marks.
inline double part(const at::Tensor& mask) {
    return mask.to(at::kDouble).mean().item<double>();
}

/// Each stage takes monochrome and color, films of one frame, the smallest size and odd ones, and
/// never writes to what it was given.
inline void works_on_any_size(const std::string& stage) {
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
        const auto out = restored(stage, film);
        for (std::size_t i = 0; i < film.size(); ++i) {
            CHECK(out[i].picture().sizes() == film[i].sizes());
            CHECK(out[i].picture().isfinite().all().item<bool>());
            CHECK(at::equal(film[i], copies[i]));
        }
    }
}

} // namespace oldfilm::testing
