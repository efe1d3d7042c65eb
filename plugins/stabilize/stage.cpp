/// \file
/// Takes gate weave and the jitter of a hand crank out. The picture's path through the window is
/// chained from the motion between neighbors; what lies off the straight line through it is
/// unsteadiness and goes, what lies on it is a pan and stays.

#include "motion.hpp"

#include <oldfilm/sdk/draft/evidence.hpp>
#include <oldfilm/sdk/luma.hpp>
#include <oldfilm/sdk/trend.hpp>
#include <oldfilm/stage_torch.hpp>

#include <opencv2/imgproc.hpp>

#include <map>

namespace oldfilm::stages {
namespace {

/// Longer side of the pictures that motion is measured on.
constexpr double measured_side = 720;
/// Pixels below which moving the picture would only soften it.
constexpr double too_small = 0.05;

enum class Border : std::int64_t { replicate = 1, mirror = 2, crop = 3 }; // 1, 2: grid_sampler's

class Stabilize final : public sdk::Stage, public sdk::LiveParameters, public sdk::draft::Evidence {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        change(values);
        radius_ = values.integer("radius");
        turns_ = values.flag("rotation");
        config.before = config.after = static_cast<std::int32_t>(radius_);
        config.memory = 4 * (input.channels + 2) * input.height * input.width;
    }

    void change(const sdk::Values& values) override {
        strength_ = values.number("strength");
        max_shift_ = values.number("max_shift") / 100;
        const std::string border = values.text("border");
        border_ = border == "mirror" ? Border::mirror
                  : border == "crop" ? Border::crop
                                     : Border::replicate;
    }

    void process(const sdk::Request& request) override {
        Motion correction = unsteadiness(request);
        const double width = static_cast<double>(request.center().width());
        const double height = static_cast<double>(request.center().height());
        const double limit = max_shift_ * width;
        correction.x = std::clamp(strength_ * correction.x, -limit, limit);
        correction.y = std::clamp(strength_ * correction.y, -limit, limit);
        correction.turn = std::clamp(strength_ * correction.turn, -0.03, 0.03);
        const double moved = std::hypot(correction.x, correction.y) +
                             std::abs(correction.turn) * std::hypot(width, height) / 2;
        if (moved < too_small && border_ != Border::crop) {
            request.pass_through();
        } else {
            move(request, correction);
        }
        forget_before(request.center().index() - radius_);
    }

    void reset() override {
        pictures_.clear();
        steps_.clear();
    }

    sdk::draft::OutputEvidence evidence(std::size_t /*request*/) override {
        return {.plane = sdk::share(evidence_)};
    }

  private:
    /// Where the line through the window has the center, seen from where the center is.
    Motion unsteadiness(const sdk::Request& request) {
        std::vector<sdk::TrendPoint> points;
        std::vector<double> places;
        const auto path = window(request);
        for (const auto& [offset, place] : path) {
            points.push_back(
                {static_cast<double>(offset),
                 sdk::trend_weight(static_cast<double>(offset), static_cast<double>(radius_))});
            places.push_back(place.x);
            places.push_back(place.y);
        }
        const std::vector<double> weights = sdk::robust_trend(points, places, 2, 0.5);
        Motion result;
        std::size_t i = 0;
        for (const auto& [offset, place] : path) {
            result.x += weights[i] * place.x;
            result.y += weights[i] * place.y;
            result.turn += weights[i] * place.turn;
            ++i;
        }
        return result;
    }

    /// Where the center's content is in each frame of the window, by offset, as far as motion is
    /// known. Frames that the host repeats at the shot's ends come once.
    std::map<std::int64_t, Motion> window(const sdk::Request& request) {
        const std::int64_t center = request.center().index();
        for (std::size_t i = 0; i < request.count(); ++i) {
            look_at(request.frame(i));
        }
        std::map<std::int64_t, Motion> path{{0, Motion{}}};
        const auto walk = [&](std::int64_t direction) {
            Motion place;
            for (std::int64_t far = 1; far <= radius_; ++far) {
                const std::int64_t n = center + direction * far;
                if (!pictures_.contains(n)) {
                    break;
                }
                const Motion& one = step(direction > 0 ? n - 1 : n);
                if (!one.known) {
                    break;
                }
                const auto sign = static_cast<double>(direction);
                place.x += sign * one.x;
                place.y += sign * one.y;
                place.turn += sign * one.turn;
                path[direction * far] = place;
            }
        };
        walk(1);
        walk(-1);
        return path;
    }

    /// From frame `n` to the next, in pixels of the film. Depends on the two alone, so that keeping
    /// it changes nothing.
    const Motion& step(std::int64_t n) {
        const auto known = steps_.find(n);
        if (known != steps_.end()) {
            return known->second;
        }
        Motion motion = find_motion(pictures_.at(n), pictures_.at(n + 1), turns_);
        motion.x *= reduced_;
        motion.y *= reduced_;
        return steps_[n] = motion;
    }

    void look_at(const sdk::FrameView& frame) {
        if (pictures_.contains(frame.index())) {
            return;
        }
        at::Tensor tones = sdk::luma(sdk::picture(frame), sdk::luma_weights(frame));
        const auto longer = static_cast<double>(std::max(frame.height(), frame.width()));
        reduced_ = std::max(1.0, std::floor(longer / measured_side));
        tones = tones.mul(255.0).round_().clamp_(0.0, 255.0).to(at::kByte).cpu().contiguous();
        const cv::Mat whole(static_cast<int>(frame.height()), static_cast<int>(frame.width()),
                            CV_8UC1, tones.mutable_data_ptr<std::uint8_t>());
        cv::Mat& kept = pictures_[frame.index()];
        if (reduced_ > 1) {
            cv::resize(whole, kept, {}, 1 / reduced_, 1 / reduced_, cv::INTER_AREA);
        } else {
            // Grain must not look like corners.
            cv::GaussianBlur(whole, kept, {0, 0}, 0.8);
        }
    }

    void move(const sdk::Request& request, const Motion& by) {
        const at::Tensor picture = sdk::picture(request.center()).unsqueeze(0);
        const at::Tensor grid = places(picture, by);
        constexpr std::int64_t bicubic = 2;
        const auto padding = border_ == Border::mirror ? Border::mirror : Border::replicate;
        const auto sample = [&](const at::Tensor& plane, std::int64_t kernel) {
            return at::grid_sampler_2d(plane, grid, kernel, static_cast<std::int64_t>(padding),
                                       true)
                .squeeze(0);
        };
        request.set_output(sdk::share(sample(picture, bicubic)));
        if (keeps_evidence()) { // beyond the edges the picture is continued
            const at::Tensor beyond = (grid.abs() > 1).any(3);
            evidence_ = at::full_like(beyond, std::int64_t{OLDFILM_RESAMPLED}, at::kByte)
                            .masked_fill_(beyond, std::int64_t{OLDFILM_FILLED});
        }
        if (const at::Tensor mask = sdk::mask(request.center()); mask.defined()) {
            constexpr std::int64_t bilinear = 0;
            request.set_mask(sdk::share(sample(mask.unsqueeze(0), bilinear)));
        }
    }

    /// Where each pixel comes from: 1 x H x W x 2, [-1, 1] over the picture.
    [[nodiscard]] at::Tensor places(const at::Tensor& picture, const Motion& by) const {
        const std::int64_t height = picture.size(2);
        const std::int64_t width = picture.size(3);
        const double half_x = std::max(static_cast<double>(width - 1) / 2, 0.5);
        const double half_y = std::max(static_cast<double>(height - 1) / 2, 0.5);
        const auto options = picture.options();
        const at::Tensor x = at::arange(width, options).sub_(half_x).view({1, 1, width});
        const at::Tensor y = at::arange(height, options).sub_(half_y).view({1, height, 1});
        // The part that is always there whatever the shift, enlarged to the whole.
        const double zoom =
            border_ == Border::crop
                ? std::max(1 - max_shift_ * static_cast<double>(width) / std::min(half_x, half_y),
                           0.5)
                : 1.0;
        const at::Tensor from_x = x.mul(zoom).add(y, by.turn).sub_(by.x).div_(half_x);
        const at::Tensor from_y = y.mul(zoom).sub(x, by.turn).sub_(by.y).div_(half_y);
        return at::stack({from_x, from_y}, 3);
    }

    at::Tensor evidence_; ///< of the last output
    double strength_ = 1, max_shift_ = 0, reduced_ = 1;
    Border border_ = Border::replicate;
    std::int64_t radius_ = 0;
    bool turns_ = false;
    std::map<std::int64_t, cv::Mat> pictures_;
    std::map<std::int64_t, Motion> steps_;

    void forget_before(std::int64_t number) {
        pictures_.erase(pictures_.begin(), pictures_.lower_bound(number));
        steps_.erase(steps_.begin(), steps_.lower_bound(number));
    }
};

const oldfilm_plugin_description* stabilize() {
    return sdk::describe<Stabilize>(
        {"org.oldfilm.stabilize",
         "stabilize",
         "0.1.0",
         "Takes gate weave and jitter out; pans stay",
         {sdk::number("strength", 1.0, 0.0, 1.0, "how much of the unsteadiness goes; 0 is none")
              .live(),
          sdk::integer("radius", 8, 1, 60, "frames to each side that are looked at", "frames"),
          sdk::choice("border", "replicate", {"replicate", "mirror", "crop"},
                      "what fills the edges that move in; crop enlarges the picture by twice "
                      "max_shift instead")
              .live(),
          sdk::number("max_shift", 2.0, 0.0, 20.0, "farthest that a frame is moved", "% of width")
              .live(),
          sdk::flag("rotation", false, "also take small turns of the picture out")}});
}

} // namespace
} // namespace oldfilm::stages

OLDFILM_PLUGINS(oldfilm::stages::stabilize())
