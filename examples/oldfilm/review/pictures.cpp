#include "pictures.hpp"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <vector>

namespace cli::review {
namespace {

constexpr int jpeg_quality = 82;

std::string encoded(const cv::Mat& picture, const char* format, const std::vector<int>& options) {
    std::vector<unsigned char> bytes;
    cv::imencode(format, picture, bytes, options);
    return {bytes.begin(), bytes.end()};
}

} // namespace

cv::Mat matrix_of(const oldfilm::Frame& frame) {
    const at::Tensor samples = frame.picture().contiguous();
    const auto height = static_cast<int>(frame.height());
    const auto width = static_cast<int>(frame.width());
    const std::int64_t plane = frame.height() * frame.width();
    std::vector<cv::Mat> planes;
    for (std::int64_t channel = frame.channels() - 1; channel >= 0; --channel) {
        // OpenCV has no view of constant samples; it does not write to them.
        float* const data = samples.mutable_data_ptr<float>() + channel * plane;
        cv::Mat(height, width, CV_32F, data).convertTo(planes.emplace_back(), CV_8U, 255);
    }
    cv::Mat picture;
    cv::merge(planes, picture);
    return picture;
}

cv::Mat fitted(const cv::Mat& picture, int width, int height) {
    const double scale = std::min({1.0, static_cast<double>(width) / picture.cols,
                                   static_cast<double>(height) / picture.rows});
    cv::Mat made;
    cv::resize(picture, made, {}, scale, scale, cv::INTER_AREA);
    return made;
}

cv::Mat with_transparent_black(const cv::Mat& picture) {
    std::vector<cv::Mat> planes;
    cv::split(picture, planes);
    planes.push_back((planes.at(0) | planes.at(1) | planes.at(2)) > 0);
    cv::Mat made;
    cv::merge(planes, made);
    return made;
}

std::string png_of(const cv::Mat& picture) {
    return encoded(picture, ".png", {cv::IMWRITE_PNG_COMPRESSION, 1});
}

std::string jpeg_of(const cv::Mat& picture) {
    return encoded(picture, ".jpg", {cv::IMWRITE_JPEG_QUALITY, jpeg_quality});
}

} // namespace cli::review
