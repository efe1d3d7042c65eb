// Takes grain and noise away, over space and time at once, as strongly as each shot's own grain
// asks for.
//
// The network is told the noise's deviation (FFDNet: Zhang, Zuo, Zhang 2018; FastDVDnet: Tassano,
// Delon, Veit 2020), so that one set of weights serves from nearly clean to very grainy films.
#include "grain.hpp"

#include <oldfilm/sdk/manifest.hpp>
#include <oldfilm/sdk/window.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/stack.h>

namespace {

using namespace oldfilm;
using namespace oldfilm::stages;

constexpr int frames_measured = 12;
/// Below this (in [0, 1] units, a third of a code value) there is nothing to take away.
constexpr double clean = 0.3 / 255;

class Denoise final : public sdk::Stage, public sdk::Analysis, public sdk::LiveParameters {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        model_ = sdk::Model(host(), values.text("model"), "denoise");
        manifest_ = sdk::read_manifest(model_, {"window", "sigma"});
        take(values);
        config.before = manifest_.before;
        config.after = manifest_.after;
        config.edges = sdk::Edges::inside;
        config.analysis_frames = frames_measured;
        // The window joined, the result and its parts. A copy that the model pads, where the size
        // is no multiple of its own, fits into what edges are counted for and don't hold at that
        // time.
        config.memory = (manifest_.before + 1 + manifest_.after + 5) * 4 *
                        std::max<std::int64_t>(input.channels, manifest_.channels) * input.height *
                        input.width;
    }

    void change(const sdk::Values& values) override { take(values); }
    void reset() override {
        within_.clear();
        between_.clear();
        previous_ = at::Tensor();
    }

    void analyze(const sdk::FrameView& frame) override {
        const at::Tensor here = sdk::picture(frame);
        within_.push_back(noise_of(here));
        if (previous_.defined()) {
            const double noise = noise_between(previous_, here);
            if (noise > 0) { // a repeated frame says nothing
                between_.push_back(noise);
            }
        }
        previous_ = here.clone(); // the picture may be the host's, lent for this call
    }

    std::string finish_analysis() override {
        // Each misses what the other sees: noise that stands still, and grain of several pixels.
        grain_ = std::max(median(within_), median(between_));
        return nlohmann::json{{"sigma", grain_}}.dump();
    }

    void restore_analysis(std::string_view text) override {
        grain_ = nlohmann::json::parse(text).at("sigma").get<double>();
    }

    void process(const sdk::Request& request) override {
        const double sigma = strength_ * (sigma_ > 0 ? sigma_ / 255 : grain_);
        if (sigma < clean) {
            request.pass_through();
            return;
        }
        std::vector<at::Tensor> frames;
        for (const std::size_t place :
             sdk::filled_window(request, manifest_.before, manifest_.after)) {
            frames.push_back(sdk::picture(request.frame(place)));
        }
        const std::int64_t channels = frames.front().size(0);
        at::Tensor window = at::stack(frames, 0).unsqueeze(0);          // 1 x T x C x H x W
        const bool is_split = channels == 3 && manifest_.channels == 1; // three gray films
        if (is_split) {
            window = window.transpose(0, 2);
        } else if (channels < manifest_.channels) {
            window = window.expand({-1, -1, 3, -1, -1});
        }
        const at::Tensor deviation = at::full({window.size(0), 1, 1, 1}, sigma, window.options());
        const at::Tensor made =
            sdk::run(model_, {{"window", window}, {"sigma", deviation}}).front();
        const at::Tensor picture = is_split ? made.squeeze(1) : made[0];
        request.set_output(
            sdk::share(channels < picture.size(0) ? picture.mean(0, true) : picture));
    }

  private:
    static double median(std::vector<double>& values) {
        const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
        std::nth_element(values.begin(), middle, values.end());
        return values.empty() ? 0 : *middle;
    }

    void take(const sdk::Values& values) {
        strength_ = values.number("strength");
        sigma_ = values.number("sigma");
    }

    sdk::Model model_;
    sdk::Manifest manifest_;
    double strength_ = 1;
    double sigma_ = 0;
    double grain_ = 0;
    std::vector<double> within_, between_;
    at::Tensor previous_;
};

} // namespace

OLDFILM_PLUGINS(sdk::describe<Denoise>(
    {"org.oldfilm.denoise",
     "denoise",
     "0.1.0",
     "Takes grain and noise away, as strongly as each shot's own grain asks for",
     {sdk::number("strength", 1, 0, 4, "how much of the grain is taken away, of what was measured")
          .live(),
      sdk::number("sigma", 0, 0, 60, "the noise's standard deviation; 0 measures it in each shot",
                  "code values of 8 bit")
          .live(),
      sdk::text("model", "models/denoise/default.pt", "name or path of another denoise model")}}))
