/// \file
/// Corrects the color of faded film. The densities of each shot tell which dyes have faded; their
/// contrast and the color of light parts are restored, the same for all frames of the shot.

#include "densities.hpp"

#include <oldfilm/sdk/analysis.hpp>
#include <oldfilm/sdk/draft/evidence.hpp>
#include <oldfilm/sdk/live_parameters.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/ops/_adaptive_avg_pool2d.h>
#include <ATen/ops/tensor.h>

#include <algorithm>

namespace oldfilm::stages {
namespace {

/// Areas on the longer side of a thumbnail: large enough to average grain and dirt away.
constexpr std::int64_t longer_side = 64;
constexpr std::int32_t frames_measured = 24;

class FadeCorrect final : public sdk::Stage,
                          public sdk::Analysis,
                          public sdk::LiveParameters,
                          public sdk::draft::ChangesOf<sdk::draft::EvidenceKind::recolored> {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        change(values);
        config.analysis_frames = input.channels == 3 ? frames_measured : 0;
        config.memory = 4 * 3 * 4 * input.height * input.width;
        const double longer = static_cast<double>(std::max(input.height, input.width));
        const double step = std::max(longer / longer_side, 1.0);
        rows_ = std::max<std::int64_t>(std::llround(static_cast<double>(input.height) / step), 1);
        columns_ = std::max<std::int64_t>(std::llround(static_cast<double>(input.width) / step), 1);
    }

    void change(const sdk::Values& values) override { strength_ = values.number("strength"); }

    void reset() override {
        thumbnails_.clear();
        correction_ = {};
    }

    void analyze(const sdk::FrameView& frame) override {
        const at::Tensor small =
            at::_adaptive_avg_pool2d(sdk::picture(frame).unsqueeze(0), {rows_, columns_});
        thumbnails_.push_back(densities(small.squeeze(0)));
    }

    std::string finish_analysis() override {
        correction_ = thumbnails_.empty() ? Correction{} : estimate(thumbnails_);
        thumbnails_.clear();
        return correction_.to_json();
    }

    void restore_analysis(std::string_view json) override {
        correction_ = Correction::from_json(json);
    }

    void process(const sdk::Request& request) override {
        const Correction now = correction_.scaled(strength_);
        const at::Tensor picture = sdk::picture(request.center());
        if (now.is_identity() || picture.size(0) != 3) {
            request.pass_through();
            return;
        }
        const auto line = [&](const std::array<double, 3>& values) {
            return at::tensor({values[0], values[1], values[2]}, picture.options()).view({3, 1, 1});
        };
        const at::Tensor corrected =
            densities(picture).mul_(line(now.slope)).add_(line(now.offset));
        request.set_output(sdk::share(coded_from(corrected)));
    }

  private:
    double strength_ = 1;
    std::int64_t rows_ = 1, columns_ = 1;
    std::vector<at::Tensor> thumbnails_;
    Correction correction_;
};

const oldfilm_plugin_description* fade_correct() {
    return sdk::describe<FadeCorrect>(
        {"org.oldfilm.fade-correct",
         "fade-correct",
         "0.1.0",
         "Corrects the color of faded film, the same for each frame of a shot",
         {sdk::number("strength", 1.0, 0.0, 1.0, "how much of the fading is corrected; 0 is none")
              .live()}});
}

} // namespace
} // namespace oldfilm::stages

OLDFILM_PLUGINS(oldfilm::stages::fade_correct())
