#pragma once
/// \file
/// Drives one stage over a film of tensors, and the pictures to do it with.

#include <oldfilm/pipeline.hpp>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <cmath>
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

/// Smooth structure without a preferred direction, seeded.
inline at::Tensor texture(int channels, std::int64_t height, std::int64_t width) {
    at::manual_seed(7);
    return resized(at::rand({channels, std::max<std::int64_t>(height / 6, 3),
                             std::max<std::int64_t>(width / 6, 3)}),
                   height, width)
        .clamp(0.02, 0.98);
}

inline double psnr(const at::Tensor& a, const at::Tensor& b) {
    return -10 * std::log10(at::mse_loss(a, b).item<double>() + 1e-12);
}

/// A film at `rate` through the stage that `text` describes.
inline std::vector<Frame> restored(const std::string& text, const std::vector<at::Tensor>& film,
                                   Rational rate = 16) {
    PipelineOptions options;
    options.device = "cpu";
    options.precision = Precision::float32;
    options.plugin_path = {OLDFILM_BINARY_DIR "/plugins"};
    Pipeline pipeline(options);
    pipeline.add(text);
    StreamFormat format;
    format.channels = static_cast<int>(film.front().size(0));
    format.height = film.front().size(1);
    format.width = film.front().size(2);
    format.rate = rate;
    Run run = pipeline.start(format);
    std::vector<Frame> out;
    Frame got;
    for (std::size_t i = 0; i < film.size(); ++i) {
        FrameInfo info;
        info.pts = static_cast<std::int64_t>(i);
        info.duration = 1;
        info.time_base = Rational(1, 16);
        while (!run.push(Frame(film[i], info))) {
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
    return out;
}

inline at::Tensor restored_frame(const std::string& text, const at::Tensor& picture) {
    return restored(text, {picture}).at(0).picture();
}

} // namespace oldfilm::testing
