#include "curves.hpp"

#include "pictures.hpp"

#include <opencv2/imgproc.hpp>

#include <cmath>

namespace cli::review {
namespace {

/// Large enough for a tenth of a pixel of most films, and small enough to be quick.
constexpr int side = 256;

cv::Mat luma_of(const cv::Mat& picture) {
    cv::Mat gray = picture;
    if (picture.channels() == 3) {
        cv::cvtColor(picture, gray, cv::COLOR_BGR2GRAY); // BT.601's weights
    }
    cv::Mat luma;
    gray.convertTo(luma, CV_32F, 1.0 / 255);
    return luma;
}

/// Phase correlation, which sees a movement of the whole picture.
class Movement {
  public:
    double next(const cv::Mat& luma) {
        cv::Mat small;
        cv::resize(luma, small, {side, side}, 0, 0, cv::INTER_AREA);
        if (window_.empty()) {
            cv::createHanningWindow(window_, small.size(), CV_32F);
        }
        double moved = 0;
        if (!before_.empty()) {
            const cv::Point2d by = cv::phaseCorrelate(before_, small, window_);
            moved = std::hypot(by.x * luma.cols / side, by.y * luma.rows / side);
        }
        before_ = small;
        return moved;
    }

  private:
    cv::Mat before_, window_;
};

std::vector<double> flicker_of(const std::vector<double>& exposure) {
    std::vector<double> flicker(exposure.size(), 0);
    for (std::size_t i = 1; i + 1 < exposure.size(); ++i) {
        flicker[i] = std::abs(exposure[i] - (exposure[i - 1] + exposure[i + 1]) / 2);
    }
    return flicker;
}

} // namespace

FilmCurves curves_of(Film& film, std::int64_t first, std::int64_t last,
                     const std::function<std::int64_t(std::int64_t)>& number) {
    FilmCurves curves;
    Movement movement;
    for (std::int64_t frame = first; frame <= last; ++frame) {
        const cv::Mat luma = luma_of(matrix_of(film.frame(number(frame))));
        curves.exposure.push_back(cv::mean(luma)[0]);
        curves.weave.push_back(movement.next(luma));
    }
    curves.flicker = flicker_of(curves.exposure);
    return curves;
}

} // namespace cli::review
