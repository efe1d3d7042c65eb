#include "motion.hpp"

#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace oldfilm::stages {
namespace {

struct Vote {
    cv::Point2d place; ///< from the picture's middle
    cv::Point2d step;
};

/// The margin shows the gate, which does not move with the picture.
cv::Mat inside(const cv::Mat& picture) {
    cv::Mat mask = cv::Mat::zeros(picture.size(), CV_8UC1);
    const int x = picture.cols / 20;
    const int y = picture.rows / 20;
    mask(cv::Rect(x, y, picture.cols - 2 * x, picture.rows - 2 * y)).setTo(255);
    return mask;
}

std::vector<Vote> votes(const cv::Mat& from, const cv::Mat& to) {
    constexpr int most_corners = 250;
    const int shorter = std::min(from.rows, from.cols);
    std::vector<cv::Point2f> corners;
    cv::goodFeaturesToTrack(from, corners, most_corners, 0.01, std::max(2.0, shorter / 30.0),
                            inside(from), 5);
    if (corners.empty()) {
        return {};
    }
    const int window = shorter >= 96 ? 21 : 9;
    const int levels = shorter >= 192 ? 3 : shorter >= 96 ? 2 : shorter >= 48 ? 1 : 0;
    std::vector<cv::Point2f> found;
    std::vector<std::uint8_t> status;
    std::vector<float> error;
    cv::calcOpticalFlowPyrLK(from, to, corners, found, status, error, {window, window}, levels,
                             {cv::TermCriteria::COUNT | cv::TermCriteria::EPS, 30, 0.005});
    const cv::Point2d middle((from.cols - 1) / 2.0, (from.rows - 1) / 2.0);
    std::vector<Vote> result;
    for (std::size_t i = 0; i < corners.size(); ++i) {
        if (status[i] != 0) {
            const cv::Point2d place(corners[i]);
            result.push_back({place - middle, cv::Point2d(found[i]) - place});
        }
    }
    return result;
}

cv::Point2d expected(const Motion& m, cv::Point2d place) {
    return {m.x - m.turn * place.y, m.y + m.turn * place.x};
}

/// The vote that most others agree with.
Motion most_shared(const std::vector<Vote>& votes, double reach, int& supporters) {
    Motion best;
    supporters = 0;
    for (const Vote& candidate : votes) {
        const auto count =
            static_cast<int>(std::count_if(votes.begin(), votes.end(), [&](const Vote& vote) {
                return cv::norm(vote.step - candidate.step) < reach;
            }));
        if (count > supporters) {
            supporters = count;
            best = {candidate.step.x, candidate.step.y, 0, true};
        }
    }
    return best;
}

/// Least squares over the votes near `motion`, the nearer the more (Tukey's biweight).
void refine(const std::vector<Vote>& votes, double reach, bool turns, Motion& motion) {
    double weight = 0;
    cv::Point2d place;
    cv::Point2d step;
    std::vector<double> weights(votes.size());
    for (std::size_t i = 0; i < votes.size(); ++i) {
        const double u = cv::norm(votes[i].step - expected(motion, votes[i].place)) / reach;
        weights[i] = u < 1 ? (1 - u * u) * (1 - u * u) : 0;
        weight += weights[i];
        place += weights[i] * votes[i].place;
        step += weights[i] * votes[i].step;
    }
    if (weight < 1e-6) {
        return;
    }
    place /= weight;
    step /= weight;
    if (turns) {
        double cross = 0;
        double square = 1e-9;
        for (std::size_t i = 0; i < votes.size(); ++i) {
            const cv::Point2d p = votes[i].place - place;
            const cv::Point2d d = votes[i].step - step;
            cross += weights[i] * (p.x * d.y - p.y * d.x);
            square += weights[i] * p.dot(p);
        }
        motion.turn = cross / square;
    }
    motion.x = step.x + motion.turn * place.y;
    motion.y = step.y - motion.turn * place.x;
}

Motion by_phase(const cv::Mat& from, const cv::Mat& to) {
    cv::Mat a;
    cv::Mat b;
    cv::Mat window;
    from.convertTo(a, CV_32F);
    to.convertTo(b, CV_32F);
    a -= cv::mean(a);
    b -= cv::mean(b);
    cv::createHanningWindow(window, from.size(), CV_32F);
    double response = 0;
    const cv::Point2d step = cv::phaseCorrelate(a, b, window, &response);
    constexpr double clear_peak = 0.2;
    const bool known = response > clear_peak && std::isfinite(step.x) && std::isfinite(step.y) &&
                       std::abs(step.x) < from.cols / 4.0 && std::abs(step.y) < from.rows / 4.0;
    return known ? Motion{step.x, step.y, 0, true} : Motion{};
}

} // namespace

Motion find_motion(const cv::Mat& from, const cv::Mat& to, bool turns) {
    const std::vector<Vote> cast = votes(from, to);
    constexpr double reach = 0.75;
    int supporters = 0;
    Motion motion = most_shared(cast, reach, supporters);
    if (supporters < 8 || supporters < 0.2 * static_cast<double>(cast.size())) {
        return by_phase(from, to);
    }
    for (int round = 0; round < 4; ++round) {
        refine(cast, (turns ? 3 : 2) * reach / (1 + 0.5 * round), turns, motion);
    }
    return motion;
}

} // namespace oldfilm::stages
