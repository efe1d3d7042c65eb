/// \file
/// Raises the frame rate: pictures between two frames of a shot, from their optical flow and a
/// network. The host keeps time: it asks for places between frames only, holds frames at cuts, and
/// passes the frames of the film through untouched.

#include "rate.hpp"

#include <oldfilm/sdk/manifest.hpp>
#include <oldfilm/sdk/warp.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/full.h>
#include <ATen/ops/lerp.h>
#include <ATen/ops/minimum.h>

namespace oldfilm::stages {
namespace {

/// Mean difference (of [0, 1]) that remains after motion compensation, from which the flow is
/// doubted, and from which it is not used at all. Heavy grain stays far below; unrelated pictures
/// lie above.
constexpr double doubtful = 0.10;
constexpr double useless = 0.16;

class Interpolate final : public sdk::Stage {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        config.rate = target_rate(values.text("fps"), input.rate);
        model_ = sdk::Model(host(), values.text("model"), "interpolate");
        manifest_ = sdk::read_manifest(model_, {"a", "b", "t", "flow_ab", "flow_ba"});
        gives_flow_ = manifest_.outputs.size() == 3;
        // Both frames with three channels, two flows, warps of both.
        config.memory = 4 * 16 * input.height * input.width;
    }

    void process(const sdk::Request& request) override {
        if (request.count() < 2) {
            request.pass_through(); // the target rate is the input's own
            return;
        }
        const at::Tensor a = sdk::picture(request.frame(0)).unsqueeze(0);
        const at::Tensor b = sdk::picture(request.frame(1)).unsqueeze(0);
        at::Tensor flow_ab;
        at::Tensor flow_ba;
        if (manifest_.has_input("flow_ab") || manifest_.has_input("flow_ba")) {
            flow_ab = sdk::fine_flow(host(), request.frame(0), request.frame(1)).unsqueeze(0);
            flow_ba = sdk::fine_flow(host(), request.frame(1), request.frame(0)).unsqueeze(0);
        }
        at::Tensor result = between(a, b, request.position(), flow_ab, flow_ba);
        if (flow_ab.defined()) {
            const at::Tensor doubt = at::minimum(residual(a, b, flow_ab), residual(b, a, flow_ba))
                                         .sub_(doubtful)
                                         .div_(useless - doubtful)
                                         .clamp_(0.0, 1.0);
            // What the film itself shows at that time; a weight on the device saves waiting for it.
            result = at::lerp(result, request.position() < 0.5 ? a : b, doubt);
        }
        request.set_output(sdk::share(result.squeeze(0)));
    }

  private:
    /// Networks of three channels see a monochrome picture three times; those of one see R, G and B
    /// as a batch.
    [[nodiscard]] at::Tensor between(const at::Tensor& a, const at::Tensor& b, double position,
                                     const at::Tensor& flow_ab, const at::Tensor& flow_ba) const {
        const bool is_repeated = a.size(1) == 1 && manifest_.channels == 3;
        const bool is_split = a.size(1) == 3 && manifest_.channels == 1;
        const auto shaped = [&](const at::Tensor& picture) {
            return is_repeated ? picture.expand({1, 3, -1, -1})
                   : is_split  ? picture.transpose(0, 1)
                               : picture;
        };
        const std::int64_t batch = is_split ? 3 : 1;
        std::vector<sdk::NamedTensor> inputs{
            {"a", shaped(a)},
            {"b", shaped(b)},
            {"t", at::full({batch, 1, 1, 1}, position, a.options())}};
        if (flow_ab.defined()) {
            inputs.push_back({"flow_ab", flow_ab.expand({batch, -1, -1, -1})});
            inputs.push_back({"flow_ba", flow_ba.expand({batch, -1, -1, -1})});
        }
        const sdk::NamedTensors outputs = sdk::run(model_, inputs);
        if (gives_flow_) {
            const at::Tensor made =
                sdk::warp(is_split ? shaped(b) : b, outputs["flow_tb"])
                    .lerp_(sdk::warp(is_split ? shaped(a) : a, outputs["flow_ta"]),
                           outputs["blend"]);
            return is_split ? made.transpose(0, 1) : made;
        }
        const at::Tensor made = outputs.front();
        return is_repeated ? made.mean(1, true) : is_split ? made.transpose(0, 1) : made;
    }

    /// Mean difference between `from` and `to` brought back by the flow, on a quarter of the lines;
    /// a change of brightness alone (flicker) counts for nothing. One number, left on the device.
    static at::Tensor residual(const at::Tensor& from, const at::Tensor& to,
                               const at::Tensor& flow) {
        const at::Tensor small_from = quarter(from.mean(1, true));
        const at::Tensor small_to = quarter(to.mean(1, true));
        const at::Tensor error = sdk::warp(small_to, quarter(flow).div_(4.0)).sub_(small_from);
        return error.sub(error.mean()).abs_().mean();
    }
    static at::Tensor quarter(const at::Tensor& picture) {
        return at::avg_pool2d(picture, {4, 4}, {4, 4});
    }

    sdk::Model model_;
    sdk::Manifest manifest_;
    bool gives_flow_ = false;
};

const oldfilm_plugin_description* interpolate() {
    return sdk::describe<Interpolate>(
        {"org.oldfilm.interpolate",
         "interpolate",
         "0.1.0",
         "Raises the frame rate with pictures made between the film's own",
         {sdk::text(
              "fps", "2x",
              "frames a second: a number, a fraction such as 24000/1001, or a factor such as 2x"),
          sdk::text("model", "models/interpolate/default.pt",
                    "name or path of another interpolate model")}});
}

} // namespace
} // namespace oldfilm::stages

OLDFILM_PLUGINS(oldfilm::stages::interpolate())
