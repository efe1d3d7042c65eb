#include "speech/gray_image.hpp"

#include <oldfilm/error.hpp>

#include <ATen/ops/clamp.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>

#ifdef OLDFILM_WITH_TESSERACT
#include <opencv2/imgproc.hpp>
#endif

namespace oldfilm::speech {

#ifdef OLDFILM_WITH_TESSERACT

namespace {

/// Rows of the picture that is read. Tesseract's networks know letters of 30 to 50 pixels, and a
/// card has from eight to twenty lines' height.
constexpr int rows = 1080;
/// Part of the smaller side over which shading is even: several lines of text.
constexpr double shading = 0.25;
/// Of each side, what may be the film gate.
constexpr double margin = 0.06;
/// White around the picture, in pixels: letters at the edge are read less well.
constexpr int border = 24;

cv::Mat matrix_of(const at::Tensor& luma) {
    const at::Tensor own = luma[0].to(at::kFloat).contiguous();
    return cv::Mat(static_cast<int>(own.size(0)), static_cast<int>(own.size(1)), CV_32F,
                   own.mutable_data_ptr<float>())
        .clone();
}

/// The value that a part of the samples lies below.
float quantile(const cv::Mat& picture, double part) {
    std::vector<float> values(picture.begin<float>(), picture.end<float>());
    const auto at = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), values.begin() + at, values.end());
    return values[static_cast<std::size_t>(at)];
}

/// Letters are what there is less of.
bool has_bright_letters(const cv::Mat& inner) {
    const float middle = quantile(inner, 0.5);
    return quantile(inner, 0.995) - middle > middle - quantile(inner, 0.005);
}

/// The background, as a picture: letters are closed over by their surroundings.
cv::Mat background(const cv::Mat& dark_on_bright) {
    constexpr int reduced_rows = 120;
    const double part = std::min(1.0, reduced_rows / static_cast<double>(dark_on_bright.rows));
    cv::Mat small;
    cv::resize(dark_on_bright, small, {}, part, part, cv::INTER_AREA);
    const int size = static_cast<int>(shading * std::min(small.rows, small.cols)) / 2 * 2 + 1;
    cv::Mat closed;
    cv::medianBlur(small, small, 3);
    cv::morphologyEx(small, closed, cv::MORPH_CLOSE,
                     cv::getStructuringElement(cv::MORPH_ELLIPSE, {size, size}));
    cv::GaussianBlur(closed, closed, {0, 0}, size / 3.0);
    cv::Mat whole;
    cv::resize(closed, whole, dark_on_bright.size(), 0, 0, cv::INTER_LINEAR);
    return whole;
}

/// Without what may be the film gate.
cv::Rect inside_of(const cv::Mat& picture) {
    return {static_cast<int>(picture.cols * margin), static_cast<int>(picture.rows * margin),
            std::max(static_cast<int>(picture.cols * (1 - 2 * margin)), 1),
            std::max(static_cast<int>(picture.rows * (1 - 2 * margin)), 1)};
}

/// The paper is 0 there, and letters are below.
cv::Mat without_background(const at::Tensor& luma) {
    cv::Mat picture = matrix_of(luma);
    if (has_bright_letters(picture(inside_of(picture)))) {
        picture = 1.0 - picture;
    }
    return picture - background(picture);
}

} // namespace

at::Tensor flattened(const at::Tensor& luma) {
    cv::Mat picture = 0.9 + without_background(luma);
    return at::from_blob(picture.data, luma.sizes(), luma.options()).clamp(0.0, 1.0);
}

GrayImage readable(const at::Tensor& luma) {
    const cv::Mat picture = without_background(luma);
    const float letters = std::min(quantile(picture(inside_of(picture)), 0.005), -1e-3F);
    const double scale = std::clamp(static_cast<double>(rows) / picture.rows, 0.25, 8.0);
    cv::Mat large;
    cv::resize(picture, large, {}, scale, scale, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
    cv::Mat gray;
    large.convertTo(gray, CV_8U, -255.0 / letters, 255.0);
    cv::Mat framed;
    cv::copyMakeBorder(gray, framed, border, border, border, border, cv::BORDER_CONSTANT, 255);
    GrayImage image;
    image.width = framed.cols;
    image.height = framed.rows;
    image.samples.assign(framed.datastart, framed.dataend);
    return image;
}

#else

at::Tensor flattened(const at::Tensor& luma) {
    return luma;
}

GrayImage readable(const at::Tensor&) {
    throw Error(Errc::internal, "pictures are prepared for a reader that this build does not have");
}

#endif

} // namespace oldfilm::speech
