#include "reference.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/matmul.h>

#ifdef OLDFILM_WITH_OPENCV
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#endif

namespace oldfilm::stages {
namespace {

constexpr std::int64_t steps = 9;

/// How much each pixel belongs to each step of lightness, 9 x N; a pixel's shares add up to 1.
at::Tensor membership(const at::Tensor& luma) {
    const at::Tensor place = luma.reshape({1, -1}).clamp(0.0, 1.0).mul_(steps - 1.0);
    const at::Tensor step = at::arange(steps, luma.options()).view({steps, 1});
    return place.sub(step).abs_().neg_().add_(1.0).clamp_min_(0.0);
}

at::Tensor pixels(const at::Tensor& ab) {
    return ab.reshape({2, -1}).t();
} // N x 2

} // namespace

at::Tensor read_picture(const std::string& path, std::int64_t side) {
#ifdef OLDFILM_WITH_OPENCV
    cv::Mat picture = cv::imread(path, cv::IMREAD_COLOR);
    if (picture.empty()) {
        throw sdk::Failure("reference \"" + path +
                               "\" cannot be read as a picture; give a PNG, JPEG or TIFF file",
                           sdk::Status::invalid);
    }
    cv::cvtColor(picture, picture, cv::COLOR_BGR2RGB);
    const double scale = static_cast<double>(side) / std::min(picture.rows, picture.cols);
    if (scale < 1) {
        cv::resize(picture, picture, {}, scale, scale, cv::INTER_AREA);
    }
    picture.convertTo(picture, CV_32FC3, 1.0 / 255);
    return at::from_blob(picture.data, {picture.rows, picture.cols, 3})
        .permute({2, 0, 1})
        .unsqueeze(0)
        .clone(at::MemoryFormat::Contiguous); // the pixels go with `picture`
#else
    static_cast<void>(side);
    throw sdk::Failure(
        "reference \"" + path +
            "\": this build was made without OpenCV and reads no pictures; leave it out",
        sdk::Status::invalid);
#endif
}

Palette palette(const SmallFrame& frame) {
    // Steps that few pixels fall on lean towards the picture's mean.
    constexpr double few = 0.002;
    const at::Tensor member = membership(frame.luma);
    const at::Tensor ab = pixels(frame.ab);
    const at::Tensor overall = ab.mean(0, true);
    const at::Tensor weight = member.mean(1, true);
    Palette result;
    result.mean = at::matmul(member, ab).div_(static_cast<double>(ab.size(0)));
    result.mean = result.mean.add_(overall.mul(few)).div_(weight.add_(few));
    result.spread = ab.sub(at::matmul(member.t(), result.mean)).square_().mean(0).sqrt_();
    return result;
}

at::Tensor transferred(const SmallFrame& frame, const Palette& reference) {
    const Palette own = palette(frame);
    const at::Tensor member = membership(frame.luma).t();
    const at::Tensor stretch = reference.spread.div(own.spread.clamp_min(0.5)).clamp_(0.5, 3.0);
    const at::Tensor ab = pixels(frame.ab)
                              .sub(at::matmul(member, own.mean))
                              .mul_(stretch)
                              .add_(at::matmul(member, reference.mean));
    return ab.t().reshape(frame.ab.sizes()).contiguous();
}

} // namespace oldfilm::stages
