/// \file
/// Evens out brightness and contrast that change from frame to frame. Each frame of the window
/// tells how the center's tones would look under its own exposure; what lies off the straight line
/// through these answers is flicker and goes, what lies on it is a fade and stays.

#include "exposure.hpp"

#include <oldfilm/sdk/draft/evidence.hpp>
#include <oldfilm/sdk/luma.hpp>
#include <oldfilm/sdk/trend.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/ops/_adaptive_avg_pool2d.h>
#include <ATen/ops/linspace.h>

#include <map>

namespace oldfilm::stages {
namespace {

/// Areas on the longer side of a thumbnail: large enough to average grain and dirt away.
constexpr std::int64_t longer_side = 48;
/// Changes that no 8-bit film would show.
constexpr double invisible = 0.5 / 255;

class Deflicker final : public sdk::Stage,
                        public sdk::LiveParameters,
                        public sdk::draft::ChangesOf<sdk::draft::EvidenceKind::recolored> {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        change(values);
        radius_ = values.integer("radius");
        config.before = config.after = static_cast<std::int32_t>(radius_);
        config.memory = 4 * (input.channels + 1) * input.height * input.width;
        const double longer = static_cast<double>(std::max(input.height, input.width));
        const double step = std::max(longer / longer_side, 1.0);
        rows_ = std::max<std::int64_t>(std::llround(static_cast<double>(input.height) / step), 1);
        columns_ = std::max<std::int64_t>(std::llround(static_cast<double>(input.width) / step), 1);
    }

    void change(const sdk::Values& values) override { strength_ = values.number("strength"); }

    void process(const sdk::Request& request) override {
        const sdk::FrameView center = request.center();
        std::vector<sdk::TrendPoint> points;
        std::vector<double> values;
        std::vector<Exposure> answers;
        for (const auto& [offset, exposure] : window(request)) {
            points.push_back(
                {static_cast<double>(offset),
                 sdk::trend_weight(static_cast<double>(offset), static_cast<double>(radius_))});
            answers.push_back(exposure);
            // Doubt by what happens to a dark and to a bright tone.
            values.push_back(0.25 * exposure.gain + exposure.offset);
            values.push_back(0.75 * exposure.gain + exposure.offset);
        }
        const std::vector<double> weights = sdk::edge_keeping_trend(points, values, 2, 0.01);
        std::array<double, Exposure::size> mean{};
        for (std::size_t i = 0; i < answers.size(); ++i) {
            const auto answer = answers[i].values();
            for (std::size_t k = 0; k < mean.size(); ++k) {
                mean[k] += weights[i] * answer[k];
            }
        }
        // The center's own tones are known as well as the step to a frame beside it.
        const std::int64_t n = center.index();
        const Exposure e = beyond_doubt({std::clamp(mean[0], 0.5, 2.0), mean[1], mean[2], mean[3]},
                                        thumbnails_.contains(n + 1)   ? step(n)
                                        : thumbnails_.contains(n - 1) ? step(n - 1)
                                                                      : Estimate{});
        apply(request, {1 + strength_ * (e.gain - 1), strength_ * e.offset, strength_ * e.lean_x,
                        strength_ * e.lean_y});
        forget_before(center.index() - radius_);
    }

    void reset() override {
        thumbnails_.clear();
        steps_.clear();
    }

  private:
    static void apply(const sdk::Request& request, const Exposure& e) {
        if (e.largest_change() < invisible) {
            request.pass_through();
            return;
        }
        const at::Tensor picture = sdk::picture(request.center());
        const auto options = picture.options();
        const std::int64_t height = picture.size(1);
        const std::int64_t width = picture.size(2);
        const double dy = e.lean_y * (1 - 1.0 / static_cast<double>(height));
        const double dx = e.lean_x * (1 - 1.0 / static_cast<double>(width));
        const at::Tensor down = at::linspace(e.gain - dy, e.gain + dy, height, options);
        const at::Tensor across = at::linspace(-dx, dx, width, options);
        const at::Tensor gain = down.view({1, height, 1}).add(across.view({1, 1, width}));
        request.set_output(sdk::share(picture.mul(gain).add_(e.offset)));
    }

    /// The exposure of each frame of the window relative to the center's, by offset. Frames that
    /// the host repeats at the shot's ends come once.
    std::map<std::int64_t, Exposure> window(const sdk::Request& request) {
        const std::int64_t center = request.center().index();
        for (std::size_t i = 0; i < request.count(); ++i) {
            thumbnail(request.frame(i));
        }
        std::map<std::int64_t, Exposure> result{{0, Exposure{}}};
        Exposure chain;
        const auto is_known = [this](std::int64_t n) {
            return thumbnails_.contains(n) && thumbnails_.contains(n + 1) && step(n).is_known;
        };
        for (std::int64_t n = center; n < center + radius_ && is_known(n); ++n) {
            result[n + 1 - center] = chain = chain.then(step(n).exposure);
        }
        chain = {};
        for (std::int64_t n = center; n > center - radius_ && is_known(n - 1); --n) {
            result[n - 1 - center] = chain = chain.then(step(n - 1).exposure.inverse());
        }
        return result;
    }

    /// From frame `n` to the next. Depends on the two alone, so that keeping it changes nothing.
    const Estimate& step(std::int64_t n) {
        const auto known = steps_.find(n);
        return known != steps_.end()
                   ? known->second
                   : steps_[n] = compare(thumbnails_.at(n), thumbnails_.at(n + 1));
    }

    void thumbnail(const sdk::FrameView& frame) {
        if (thumbnails_.contains(frame.index())) {
            return;
        }
        const at::Tensor small =
            at::_adaptive_avg_pool2d(sdk::picture(frame).unsqueeze(0), {rows_, columns_});
        const at::Tensor tones = sdk::luma(small, sdk::luma_weights(frame)).cpu().contiguous();
        const float* first = tones.const_data_ptr<float>();
        thumbnails_[frame.index()] = {static_cast<std::size_t>(rows_),
                                      static_cast<std::size_t>(columns_),
                                      std::vector<float>(first, first + tones.numel())};
    }

    void forget_before(std::int64_t number) {
        thumbnails_.erase(thumbnails_.begin(), thumbnails_.lower_bound(number));
        steps_.erase(steps_.begin(), steps_.lower_bound(number));
    }

    double strength_ = 1;
    std::int64_t radius_ = 0, rows_ = 1, columns_ = 1;
    std::map<std::int64_t, Thumbnail> thumbnails_;
    std::map<std::int64_t, Estimate> steps_;
};

const oldfilm_plugin_description* deflicker() {
    return sdk::describe<Deflicker>(
        {"org.oldfilm.deflicker",
         "deflicker",
         "0.1.0",
         "Evens out brightness and contrast from frame to frame; fades stay",
         {sdk::number("strength", 1.0, 0.0, 1.0, "how much of the flicker goes; 0 is none").live(),
          sdk::integer("radius", 8, 1, 60, "frames to each side that are looked at", "frames")}});
}

} // namespace
} // namespace oldfilm::stages

OLDFILM_PLUGINS(oldfilm::stages::deflicker())
