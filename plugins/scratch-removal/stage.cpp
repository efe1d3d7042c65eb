// Finds dirt, hairs, stains and lasting scratches, and repairs them inside a mask, nowhere else.
//
// The neighbours are brought into line with the frame by optical flow, as motion-compensated
// restoration does (Kokaram, Motion Picture Restoration, 1998); the network decides where the frame
// is damaged, takes what the neighbours show of the place, and makes up what they don't.
#include "../common/stage_tools.hpp"
#include "../common/window.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

namespace {

using namespace oldfilm;
using namespace oldfilm::stages;

constexpr int reach = 2; // frames on each side
/// What the neighbours show too, to this difference, is no dirt: a running scratch, or the scene.
constexpr double same = 0.05;
/// Scratches that last run along the film: what lasts counts as damage where a column is marked
/// over this part of its height. A door's edge does not go from frame line to frame line.
constexpr double least_run = 0.3;
constexpr std::int64_t column = 7; // pixels, since scratches lean

class ScratchRemoval final : public sdk::Stage {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& /*input*/, const sdk::Values& values,
                   sdk::Config& config) override {
        model_ = sdk::Model(host(), values.text("model"), "scratch-removal");
        facts(model_, {"window"});
        take(values);
        config.before = reach;
        config.after = reach;
    }

    void change(const sdk::Values& values) override { take(values); }

    using Stage::process;
    void process(const sdk::Request& request) override {
        const at::Tensor centre = sdk::picture(request.centre());
        const at::Tensor window = aligned(request);
        // Each channel is a grey film of its own, with the same damage.
        const std::vector<at::Tensor> made = sdk::run(model_, {window}, 2);
        const at::Tensor probability = std::get<0>(made[0].max(0)); // 1 x H x W
        const at::Tensor repaired = made[1].squeeze(1);
        const at::Tensor found = without_scenery(probability > threshold_, window);
        if (!found.any().item<bool>()) {
            request.unchanged();
            return;
        }
        const at::Tensor mask = grown(found);
        // What the network returns outside of what it found is the picture itself; the mask makes
        // it so to the bit.
        request.give(sdk::give(at::where(mask, repaired, centre)));
        request.give_mask(sdk::give(mask.to(at::kFloat)));
    }

  private:
    void take(const sdk::Values& values) {
        // 0.5 is where the network was trained to draw the line; sensitivity moves it from 0.9 to
        // 0.25.
        threshold_ = 0.9 - 0.65 * values.number("sensitivity");
        grow_ = values.integer("grow");
    }

    /// `found` (1 x H x W) less what stands in the neighbours too and is no running scratch.
    [[nodiscard]] static at::Tensor without_scenery(const at::Tensor& found,
                                                    const at::Tensor& window) {
        const at::Tensor around =
            at::cat({window.slice(1, 0, reach), window.slice(1, reach + 1)}, 1);
        const at::Tensor median = (around.sum(1) - around.amax(1) - around.amin(1)) * 0.5;
        const at::Tensor apart =
            at::avg_pool2d((window.select(1, reach) - median).abs().amax(0, true), {3, 3}, {1, 1},
                           {1, 1}, false, false)[0];
        const at::Tensor lasting = found.logical_and(apart < same);
        const at::Tensor marked = at::max_pool2d(lasting.to(at::kFloat).unsqueeze(0), {1, column},
                                                 {1, 1}, {0, column / 2})[0]
                                      .mean(1, true) > least_run;
        return found.logical_and(lasting.logical_not().logical_or(marked));
    }

    [[nodiscard]] at::Tensor grown(const at::Tensor& found) const {
        if (grow_ == 0) {
            return found;
        }
        const std::int64_t size = 2 * grow_ + 1;
        return at::max_pool2d(found.to(at::kFloat).unsqueeze(0), {size, size}, {1, 1},
                              {grow_, grow_})[0] > 0.5;
    }

    /// C x 5 x 1 x H x W: each channel's window, the neighbours warped on to the centre.
    at::Tensor aligned(const sdk::Request& request) {
        const std::vector<std::size_t> places = mirrored_window(request, reach);
        const sdk::FrameView centre = request.centre();
        const at::Tensor here = sdk::picture(centre);
        std::vector<at::Tensor> frames;
        for (const std::size_t place : places) {
            const sdk::FrameView other = request.frame(place);
            frames.push_back(other.index() == centre.index() ? here : warped(centre, other));
        }
        return at::stack(frames, 1).unsqueeze(2);
    }

    at::Tensor warped(const sdk::FrameView& centre, const sdk::FrameView& other) {
        const at::Tensor flow = sdk::flow(host(), centre, other);
        return warp(sdk::picture(other).unsqueeze(0), flow.unsqueeze(0)).squeeze(0);
    }

    sdk::Model model_;
    double threshold_ = 0.5;
    std::int64_t grow_ = 1;
};

} // namespace

OLDFILM_PLUGINS(sdk::describe<ScratchRemoval>(
    {"org.oldfilm.scratch-removal",
     "scratch-removal",
     "0.1.0",
     "Removes dirt, hairs, stains and scratches; outside the repaired places every pixel stays as "
     "it is",
     {sdk::number("sensitivity", 0.6, 0, 1, "how readily a place counts as damaged").live(),
      sdk::integer("grow", 1, 0, 8, "how far repairs reach beyond what was found", "px").live(),
      sdk::file("model", "models/scratch-removal/default.pt", "model package")}}))
