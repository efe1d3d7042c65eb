// Finds dirt, hairs, stains and lasting scratches, and repairs them inside a mask, nowhere else.
//
// The neighbors are brought into line with the frame by optical flow, as motion-compensated
// restoration does (Kokaram, Motion Picture Restoration, 1998); the network decides where the frame
// is damaged, takes what the neighbors show of the place, and makes up what they don't. Under
// damage wider than what flow goes by, it is led astray: there the motion around the damage is
// continued (as Kokaram's missing data treatment does), and the network looks again.
//
// A repair is made only where it is expected to bring the frame nearer to the truth (see
// evidence.cpp): a false repair costs a part of the picture, and what can't be told apart is left.
//
// A shot of one frame, such as a photograph, has no neighbors: see still.cpp.

#include "evidence.hpp"
#include "still.hpp"

#include <oldfilm/sdk/fill.hpp>
#include <oldfilm/sdk/grow.hpp>
#include <oldfilm/sdk/manifest.hpp>
#include <oldfilm/sdk/warp.hpp>
#include <oldfilm/sdk/window.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace {

using namespace oldfilm;
using namespace oldfilm::sdk;
using namespace scratch;

/// Where networks draw the line that say nothing of it, at the default sensitivity: what is above
/// is looked into.
constexpr double usual_threshold = 0.36;
/// The same where nothing is looked into, and all that is above is repaired.
constexpr double threshold_without_evidence = 0.51;
constexpr const char* default_model = "models/scratch-removal/default.pt";

/// Around damage that leads flow astray: up to so far beyond its edge, in pixels.
constexpr std::int64_t astray = 24;
constexpr std::int64_t beside = 2; // how far beyond its edge such damage is looked for again

/// A network with what it wants to see.
struct Network {
    sdk::Model model;
    Manifest facts;
    bool is_aligned = true; ///< wants its neighbors brought into line with the frame

    Network(const sdk::Host& host, const std::string& package)
        : model(host, package, "scratch-removal"), facts(read_manifest(model, {"window", "mask"})),
          is_aligned(facts.document.value("aligned", true)) {}

    /// Whether it sees what found places are judged by: two neighbors on each side, in line.
    [[nodiscard]] bool has_evidence() const {
        return is_aligned && facts.before == 2 && facts.after == 2;
    }
};

class ScratchRemoval final : public sdk::Stage, public sdk::LiveParameters {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& /*input*/, const sdk::Values& values,
                   sdk::Config& config) override {
        finder_.emplace(host(), values.text("model"));
        const std::string repair = values.text("repair");
        repairer_.reset();
        if (!repair.empty()) {
            repairer_.emplace(host(), repair);
        }
        check_parts();
        still_.reset();
        const std::string still = values.text("still");
        // Who names a model for films wants it for all of them.
        if (!still.empty() && repair.empty() && values.text("model") == default_model) {
            still_.emplace(host(), still);
        }
        take(values);
        reach_ = std::max(finder_->facts.before, finder_->facts.after);
        if (repairer_) {
            reach_ = std::max({reach_, repairer_->facts.before, repairer_->facts.after});
        }
        config.before = reach_;
        config.after = reach_;
        config.edges = sdk::Edges::inside;
    }

    void change(const sdk::Values& values) override { take(values); }

    void process(const sdk::Request& request) override {
        const at::Tensor center = sdk::picture(request.center());
        if (still_ && has_no_neighbors(request)) {
            give(request, still_->repair(center, sensitivity_, grow_));
            return;
        }
        const Seen first = seen(request, *finder_);
        NamedTensors made = sdk::run(finder_->model, {{"window", first.window}});
        if (!finder_->facts.has_output("mask")) {
            give_whole(request, whole(made["picture"], *finder_, center.size(0)));
            return;
        }
        const auto [suspected, attested] = found_in(made, first);
        at::Tensor found = attested;
        // One wait for the device tells both whether there is damage and whether it may be wide:
        // within such damage, nothing is attested by motion that is led astray.
        const at::Tensor damage = at::stack({found.any(), is_wide(suspected)}).cpu();
        const bool looks_again = finder_->is_aligned && damage[1].item<bool>();
        if (!damage[0].item<bool>() && !looks_again) {
            request.pass_through();
            return;
        }
        at::Tensor steady; // where flow isn't led astray; undefined: everywhere
        if (looks_again) {
            steady = grown(suspected, astray).logical_not();
            const Seen again = seen(request, *finder_, steady);
            made = sdk::run(finder_->model, {{"window", again.window}});
            // Believed in and close to the damage alone: further off the first look knew better how
            // things move.
            const at::Tensor near = grown(steady, astray - beside).logical_not();
            found = at::where(near, found_in(made, again).attested, found);
        }
        const at::Tensor mask = grown(found, grow_);
        const at::Tensor repaired = repairer_ ? repair(request, mask, steady)
                                              : whole(made["picture"], *finder_, center.size(0));
        // What a network returns outside of what was found may differ; the mask makes it the
        // picture itself, to the bit.
        request.set_output(sdk::share(at::where(mask, repaired, center)));
        request.set_mask(sdk::share(mask.to(at::kFloat)));
    }

  private:
    static bool has_no_neighbors(const sdk::Request& request) {
        for (std::size_t i = 0; i < request.count(); ++i) {
            if (request.frame(i).index() != request.center().index()) {
                return false;
            }
        }
        return true;
    }

    static void give(const sdk::Request& request, const Repaired& repaired) {
        if (!repaired.mask.defined()) {
            request.pass_through();
            return;
        }
        request.set_output(sdk::share(repaired.picture));
        request.set_mask(sdk::share(repaired.mask.to(at::kFloat)));
    }

    [[nodiscard]] Found found_in(const NamedTensors& made, const Seen& seen) const {
        return scratch::found_in(
            made["mask"], finder_->facts.has_output("picture") ? made["picture"] : at::Tensor(),
            seen, caution_);
    }

    void check_parts() const {
        const Manifest& finds = finder_->facts;
        if (finds.has_input("mask")) {
            throw sdk::Failure(finds.id +
                                   " does not find damage, it repairs what is found; name it "
                                   "as repair, and as model one that gives a mask",
                               sdk::Status::invalid);
        }
        if (repairer_ && !finds.has_output("mask")) {
            throw sdk::Failure(finds.id + " restores the whole frame and does not say where it was "
                                          "damaged; name it as repair too, or alone as model",
                               sdk::Status::invalid);
        }
        if (!repairer_ && !finds.has_output("picture")) {
            throw sdk::Failure(finds.id + " finds damage and does not repair it; name a model that "
                                          "does as repair",
                               sdk::Status::invalid);
        }
        if (repairer_ && !repairer_->facts.has_output("picture")) {
            throw sdk::Failure(repairer_->facts.id + " gives no picture; name as repair a model "
                                                     "that does",
                               sdk::Status::invalid);
        }
    }

    void take(const sdk::Values& values) {
        const double line = finder_->facts.document.value(
            "threshold", finder_->has_evidence() ? usual_threshold : threshold_without_evidence);
        sensitivity_ = values.number("sensitivity");
        caution_ = caution_at(sensitivity_, line);
        grow_ = values.integer("grow");
    }

    at::Tensor repair(const sdk::Request& request, const at::Tensor& mask,
                      const at::Tensor& steady) {
        const at::Tensor window = seen(request, *repairer_, steady).window;
        const at::Tensor masks =
            mask.to(at::kFloat).unsqueeze(0).expand({window.size(0), -1, -1, -1});
        const auto made = sdk::run(repairer_->model, {{"window", window}, {"mask", masks}});
        return whole(made["picture"], *repairer_, request.center().channels());
    }

    /// From a network that knows no damage and no bystanders: its mask is where it changed
    /// something.
    static void give_whole(const sdk::Request& request, const at::Tensor& picture) {
        const at::Tensor changed = (picture != sdk::picture(request.center())).any(0, true);
        request.set_output(sdk::share(picture));
        request.set_mask(sdk::share(changed.to(at::kFloat)));
    }

    /// A network's picture as C x H x W.
    static at::Tensor whole(const at::Tensor& made, const Network& network, std::int64_t channels) {
        if (network.facts.channels == 1) {
            return made.squeeze(1); // each channel was a gray film of its own
        }
        return channels == 1 ? made[0].mean(0, true) : made[0];
    }

    /// The window: C x T x 1 x H x W, each channel's window, for one of one channel, else
    /// 1 x T x 3 x H x W. Where `steady` (1 x H x W) is defined and false, the
    /// motion is that around the place.
    Seen seen(const sdk::Request& request, const Network& network, const at::Tensor& steady = {}) {
        const Manifest& facts = network.facts;
        const std::vector<std::size_t> places = filled_window(request, reach_, reach_);
        const sdk::FrameView center = request.center();
        std::vector<at::Tensor> frames, flows;
        std::vector<std::size_t> moved; // which of the frames
        std::vector<double> steps;      // how many frames from the center those are
        for (int i = reach_ - facts.before; i <= reach_ + facts.after; ++i) {
            const sdk::FrameView other = request.frame(places[static_cast<std::size_t>(i)]);
            if (network.is_aligned && other.index() != center.index()) {
                moved.push_back(frames.size());
                steps.push_back(static_cast<double>(other.index() - center.index()));
                flows.push_back(sdk::flow(host(), center, other));
            }
            frames.push_back(sdk::picture(other));
        }
        Seen result;
        result.has_evidence = network.has_evidence();
        if (!moved.empty()) {
            at::Tensor flow = at::stack(flows);
            if (steady.defined()) {
                flow = filled(flow, steady.to(at::kFloat).unsqueeze(0));
            }
            align(frames, moved, flow);
            result.drift = drift(flow, steps);
            const auto [first, last] = std::minmax_element(steps.begin(), steps.end());
            result.has_both_sides = *first < 0 && *last > 0;
            result.inside = leads_inside(flow, steps);
        }
        result.window = facts.channels == 1
                            ? at::stack(frames, 1).unsqueeze(2)
                            : at::stack(frames, 0).unsqueeze(0).expand({-1, -1, 3, -1, -1});
        return result;
    }

    /// Brings the frames that `moved` names into line, each by its flow; all in one step, since
    /// LibTorch gives each thread a picture.
    static void align(std::vector<at::Tensor>& frames, const std::vector<std::size_t>& moved,
                      const at::Tensor& flow) {
        std::vector<at::Tensor> pictures;
        for (const std::size_t i : moved) {
            pictures.push_back(frames[i]);
        }
        const at::Tensor warped = warp(at::stack(pictures), flow);
        for (std::size_t k = 0; k < moved.size(); ++k) {
            frames[moved[k]] = warped[static_cast<std::int64_t>(k)];
        }
    }

    std::optional<Network> finder_, repairer_;
    std::optional<Still> still_;
    int reach_ = 0;
    double sensitivity_ = 0;
    Caution caution_;
    std::int64_t grow_ = 1;
};

} // namespace

OLDFILM_PLUGINS(sdk::describe<ScratchRemoval>(
    {"org.oldfilm.scratch-removal",
     "scratch-removal",
     "0.1.0",
     "Removes dirt, hairs, stains and scratches, of a photograph cracks and folds too; outside the "
     "repaired places every pixel stays as it is",
     {sdk::number("sensitivity", 0.6, 0, 1,
                  "how readily a place counts as damaged: 0 repairs "
                  "only what is beyond doubt, 1 all that may be")
          .live(),
      sdk::integer("grow", 1, 0, 8, "how far repairs reach beyond what was found", "px").live(),
      sdk::text("model", default_model,
                "name or path of another model, which finds damage, and repairs it unless repair "
                "names one"),
      sdk::text("repair", "",
                "name or path of a model that repairs what model finds; empty: model itself"),
      sdk::text("still", "models/scratch-removal/still.pt",
                "name or path of the model that finds damage in a shot of one frame, such as a "
                "photograph, where model and repair have their defaults; empty: model itself")}}))
