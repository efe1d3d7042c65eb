#include "registration.hpp"

#include <ATen/TensorOperators.h>
#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

namespace oldfilm::stages {
namespace {

/// Longer side of the pictures that are compared.
constexpr double measured_side = 640;

/// Normalized cross-correlation, at a size where grain is averaged and letters are not.
double correlation(const cv::Mat& a, const cv::Mat& b) {
    constexpr double part = 0.25;
    cv::Mat small_a;
    cv::Mat small_b;
    cv::resize(a, small_a, {}, part, part, cv::INTER_AREA);
    cv::resize(b, small_b, {}, part, part, cv::INTER_AREA);
    small_a -= cv::mean(small_a);
    small_b -= cv::mean(small_b);
    return small_a.dot(small_b) / std::max(cv::norm(small_a) * cv::norm(small_b), 1e-9);
}

} // namespace

Card::Card(const at::Tensor& luma) {
    const at::Tensor own = luma[0].cpu().contiguous();
    const cv::Mat whole(static_cast<int>(own.size(0)), static_cast<int>(own.size(1)), CV_32F,
                        own.mutable_data_ptr<float>());
    reduced_ = std::max(1.0, std::max(whole.rows, whole.cols) / measured_side);
    cv::resize(whole, luma_, {}, 1 / reduced_, 1 / reduced_, cv::INTER_AREA);
    cv::GaussianBlur(luma_, luma_, {0, 0}, 0.7); // grain must not correlate
    cv::Mat window;
    cv::createHanningWindow(window, luma_.size(), CV_32F);
    windowed_ = (luma_ - cv::mean(luma_)).mul(window);
}

Card::Shift Card::to(const Card& other) const {
    Shift shift;
    // Given a window, OpenCV 4.6 multiplies its inputs by it in place.
    const cv::Point2d moved = cv::phaseCorrelate(windowed_, other.windowed_);
    const cv::Mat back = (cv::Mat_<double>(2, 3) << 1, 0, -moved.x, 0, 1, -moved.y);
    cv::Mat aligned;
    cv::warpAffine(other.luma_, aligned, back, luma_.size(), cv::INTER_LINEAR,
                   cv::BORDER_REPLICATE);
    shift.x = moved.x * reduced_;
    shift.y = moved.y * reduced_;
    shift.correlation = correlation(luma_, aligned);
    return shift;
}

} // namespace oldfilm::stages
