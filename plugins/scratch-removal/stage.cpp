// Finds dirt, hairs, stains and lasting scratches, and repairs them inside a mask, nowhere else.
//
// The neighbors are brought into line with the frame by optical flow, as motion-compensated
// restoration does (Kokaram, Motion Picture Restoration, 1998); the network decides where the frame
// is damaged, takes what the neighbors show of the place, and makes up what they don't. Under
// damage wider than what flow goes by, it is led astray: there the motion around the damage is
// continued (as Kokaram's missing data treatment does), and the network looks again.
//
// A repair is made only where it is expected to bring the frame nearer to the truth (see
// `attested`): a false repair costs a part of the picture, and what can't be told apart is left.
#include "../common/fill.hpp"
#include "../common/grown.hpp"
#include "../common/stage_tools.hpp"
#include "../common/window.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/median.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace {

using namespace oldfilm;
using namespace oldfilm::stages;

/// What the neighbors show too, to this difference, is no dirt: a running scratch, or the scene.
constexpr double same = 0.05;
/// Scratches that last run along the film: what lasts counts as damage where a column is marked
/// over this part of its height. A door's edge does not go from frame line to frame line.
constexpr double least_run = 0.3;
/// Where the picture stands still, nothing but its length tells a scratch from a post.
constexpr double least_run_when_still = 0.6;
constexpr std::int64_t column = 7; // pixels, since scratches lean
/// Pixels from frame to frame beyond which a picture pans.
constexpr double panning = 0.4;
constexpr std::int64_t middle = 2; // of a window of five
/// The fill is wrong by so much of the neighbors' range.
constexpr double error_of_range = 0.3;
/// Harm counts so many times as much as gain: at sensitivity 0, and how that falls up to 1; twenty
/// times at the default.
constexpr double most_caution = 200;
constexpr double least_caution = 4.3;
/// And so many times more where the neighbors are all on one side, at a shot's ends: what is
/// covered or uncovered there is in the frame alone too.
constexpr double one_sided = 6;
/// But so many times less in a frame where this part of what was suspected passes: where much is
/// surely damaged, the rest is likely to be.
constexpr double in_damaged_frame = 1.0 / 20;
constexpr double least_sure = 0.5;
constexpr std::int64_t together = 4; ///< pixels: how far one place's evidence counts for others
/// Where networks draw the line that say nothing of it, at the default sensitivity: what is above
/// is looked into. `scale` is what sensitivity makes of 0.6.
constexpr double usual_threshold = 0.36;
constexpr double scale = 0.51;

/// Damage that reaches this far to all sides leads flow astray, up to so far beyond its edge;
/// pixels.
constexpr std::int64_t wide = 8;
constexpr std::int64_t astray = 24;
constexpr std::int64_t beside = 2; // how far beyond its edge such damage is looked for again

/// A network with what it wants to see.
struct Network {
    sdk::Model model;
    ModelFacts facts;
    bool is_aligned = true; ///< wants its neighbors brought into line with the frame

    Network(const sdk::Host& host, const std::string& package)
        : model(host, package, "scratch-removal"), facts(stages::facts(model, {"window", "mask"})),
          is_aligned(facts.manifest.value("aligned", true)) {}

    [[nodiscard]] at::Tensor output(const std::vector<at::Tensor>& made,
                                    const std::string& name) const {
        const auto at = std::find(facts.outputs.begin(), facts.outputs.end(), name);
        return made[static_cast<std::size_t>(at - facts.outputs.begin())];
    }
};

class ScratchRemoval final : public sdk::Stage {
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
        take(values);
        reach_ = std::max(finder_->facts.before, finder_->facts.after);
        if (repairer_) {
            reach_ = std::max({reach_, repairer_->facts.before, repairer_->facts.after});
        }
        config.before = reach_;
        config.after = reach_;
        config.edges = OLDFILM_INSIDE;
    }

    void change(const sdk::Values& values) override { take(values); }

    void process(const sdk::Request& request) override {
        const at::Tensor center = sdk::picture(request.center());
        const Seen first = seen(request, *finder_);
        std::vector<at::Tensor> made =
            sdk::run(finder_->model, {first.window}, finder_->facts.outputs.size());
        if (!finder_->facts.gives("mask")) {
            give_whole(request, whole(finder_->output(made, "picture"), *finder_, center.size(0)));
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
            made = sdk::run(finder_->model, {again.window}, finder_->facts.outputs.size());
            // Believed in and close to the damage alone: further off the first look knew better how
            // things move.
            const at::Tensor near = grown(steady, astray - beside).logical_not();
            found = at::where(near, found_in(made, again).attested, found);
        }
        const at::Tensor mask = grown(found, grow_);
        const at::Tensor repaired =
            repairer_ ? repair(request, mask, steady)
                      : whole(finder_->output(made, "picture"), *finder_, center.size(0));
        // What a network returns outside of what was found may differ; the mask makes it the
        // picture itself, to the bit.
        request.set_output(sdk::share(at::where(mask, repaired, center)));
        request.set_mask(sdk::share(mask.to(at::kFloat)));
    }

  private:
    /// What a network sees. If the neighbors were brought into line, 1 x H x W each: how far the
    /// picture moves sideways from frame to frame, in pixels, and whether motion leads to places
    /// inside the picture.
    struct Seen {
        at::Tensor window, drift, inside;
        bool has_both_sides = true;
    };
    /// Where a network says that the center of what it saw is damaged, 1 x H x W, and where that is
    /// attested.
    struct Found {
        at::Tensor suspected, attested;
    };

    void check_parts() const {
        const ModelFacts& finds = finder_->facts;
        if (finds.takes("mask")) {
            throw sdk::Failure(finds.id +
                                   " does not find damage, it repairs what is found; name it "
                                   "as repair, and as model one that gives a mask",
                               OLDFILM_INVALID);
        }
        if (repairer_ && !finds.gives("mask")) {
            throw sdk::Failure(finds.id + " restores the whole frame and does not say where it was "
                                          "damaged; name it as repair too, or alone as model",
                               OLDFILM_INVALID);
        }
        if (!repairer_ && !finds.gives("picture")) {
            throw sdk::Failure(finds.id + " finds damage and does not repair it; name a model that "
                                          "does as repair",
                               OLDFILM_INVALID);
        }
        if (repairer_ && !repairer_->facts.gives("picture")) {
            throw sdk::Failure(repairer_->facts.id + " gives no picture; name as repair a model "
                                                     "that does",
                               OLDFILM_INVALID);
        }
    }

    void take(const sdk::Values& values) {
        // Sensitivity moves the line about the network's own: from 1.8 to 0.5 times it.
        const double line = finder_->facts.manifest.value("threshold", usual_threshold);
        const double sensitivity = values.number("sensitivity");
        threshold_ = (0.9 - 0.65 * sensitivity) * line / scale;
        caution_ = most_caution * std::pow(least_caution / most_caution, sensitivity);
        grow_ = values.integer("grow");
    }

    at::Tensor repair(const sdk::Request& request, const at::Tensor& mask,
                      const at::Tensor& steady) {
        const at::Tensor window = seen(request, *repairer_, steady).window;
        std::vector<at::Tensor> inputs;
        for (const std::string& name : repairer_->facts.inputs) {
            inputs.push_back(
                name == "window"
                    ? window
                    : mask.to(at::kFloat).unsqueeze(0).expand({window.size(0), -1, -1, -1}));
        }
        const auto made = sdk::run(repairer_->model, inputs, repairer_->facts.outputs.size());
        return whole(repairer_->output(made, "picture"), *repairer_, request.center().channels());
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

    /// What stands in the neighbors too and is no running scratch is not suspected.
    [[nodiscard]] Found found_in(const std::vector<at::Tensor>& made, const Seen& seen) const {
        const at::Tensor found = finder_->output(made, "mask").amax(0) > threshold_;
        if (!finder_->is_aligned || seen.window.size(1) != 2 * middle + 1) {
            return {found, found}; // no two neighbors on each side to tell by
        }
        const at::Tensor around =
            at::cat({seen.window.slice(1, 0, middle), seen.window.slice(1, middle + 1)}, 1);
        const at::Tensor median = (around.sum(1) - around.amax(1) - around.amin(1)) * 0.5;
        const at::Tensor apart = (seen.window.select(1, middle) - median).abs();
        const at::Tensor lasts = // the frame is as the neighbors are
            at::avg_pool2d(apart.amax(0, true), {3, 3}, {1, 1}, {1, 1}, false, false)[0].amax(
                0, true) < same;
        const at::Tensor lasting = found.logical_and(lasts);
        const at::Tensor suspected =
            found.logical_and(lasting.logical_not().logical_or(running(lasting, found, seen)));
        const at::Tensor center = seen.window.select(1, middle);
        const at::Tensor fill =
            finder_->facts.gives("picture") ? finder_->output(made, "picture") : median;
        const at::Tensor damaged = finder_->output(made, "mask");
        const at::Tensor change = (fill - center).square();
        const at::Tensor doubt = (around.amax(1) - around.amin(1)).mul_(error_of_range).square_();
        return {suspected, attested(suspected, lasts, damaged * (change - doubt),
                                    (1 - damaged) * change, seen)};
    }

    /// The running scratches of what is `lasting`, both 1 x H x W: narrow, over much of the
    /// picture's height, and still while the picture pans. What moves with the picture is in it.
    static at::Tensor running(const at::Tensor& lasting, const at::Tensor& found,
                              const Seen& seen) {
        const std::int64_t half = std::max<std::int64_t>(5, found.size(2) / 96);
        const at::Tensor broad =
            grown_along(grown_along(found.logical_not(), 2, half).logical_not(), 2, half);
        at::Tensor line = lasting.logical_and(broad.logical_not());
        at::Tensor marked = grown_along(line, 2, column / 2).to(at::kFloat).mean(1, true);
        if (seen.drift.defined()) { // of a picture that is still, or was steadied, it tells nothing
            const at::Tensor pace = seen.drift.median().abs();
            const at::Tensor is_still = pace < panning;
            line = line.logical_and((seen.drift.abs() < pace / 2).logical_or(is_still));
            marked = grown_along(line, 2, column / 2).to(at::kFloat).mean(1, true);
            return line.logical_and(marked > at::where(is_still, least_run_when_still, least_run));
        }
        return line.logical_and(marked > least_run);
    }

    /// `found` (1 x H x W) less what a repair is not expected to bring nearer to the truth. A
    /// repair changes the frame by so much. Where the frame is damaged, that is `gain`, but for the
    /// fill's own error: that is as large as what the neighbors contradict each other by, since
    /// where they disagree, things move in ways that flow doesn't follow. Else all of the change is
    /// `harm`. Both are N x C x H x W, in squared error times the probability of either, and count
    /// with those of places next to them. Detectors of blotches ask for the same with thresholds:
    /// the frame outside of the range of its compensated neighbors, which agree (SDI and ROD:
    /// Kokaram 1998, chapter 6). What `lasts` was judged as a running scratch.
    [[nodiscard]] at::Tensor attested(const at::Tensor& found, const at::Tensor& lasts,
                                      const at::Tensor& gain, const at::Tensor& harm,
                                      const Seen& seen) const {
        at::Tensor passing = found.logical_and(lasts.logical_not());
        const at::Tensor all = passing.sum();
        const auto near = [&](const at::Tensor& values) {
            return at::avg_pool2d((values.flatten(0, 1).sum(0, true) * passing).unsqueeze(0),
                                  {2 * together + 1, 2 * together + 1}, {1, 1},
                                  {together, together})[0];
        };
        const at::Tensor gains = near(gain);
        const at::Tensor harms = near(harm) * (caution_ * (seen.has_both_sides ? 1 : one_sided));
        if (seen.inside.defined()) { // else it was the picture's edge that "attested"
            passing = passing.logical_and(seen.inside);
        }
        const at::Tensor sure = passing.logical_and(gains > harms);
        const at::Tensor likely = passing.logical_and(gains > harms * in_damaged_frame);
        const at::Tensor is_damaged = sure.sum() >= all * least_sure;
        return found.logical_and(lasts).logical_or(at::where(is_damaged, likely, sure));
    }

    /// Whether `found` (1 x H x W) reaches far to all sides of some place; a bool on the device.
    static at::Tensor is_wide(const at::Tensor& found) {
        return grown(found.logical_not(), wide).logical_not().any();
    }

    /// The window: C x T x 1 x H x W, each channel's window, for one of one channel, else
    /// 1 x T x 3 x H x W. Where `steady` (1 x H x W) is defined and false, the
    /// motion is that around the place.
    Seen seen(const sdk::Request& request, const Network& network, const at::Tensor& steady = {}) {
        const ModelFacts& facts = network.facts;
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

    /// The slope of a line through `flow`'s x (N x 2 x H x W) over the frames' distances.
    static at::Tensor drift(const at::Tensor& flow, const std::vector<double>& steps) {
        at::Tensor sum = at::zeros_like(flow[0].slice(0, 0, 1));
        double squares = 0;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            sum.add_(flow[static_cast<std::int64_t>(i)].slice(0, 0, 1), steps[i]);
            squares += steps[i] * steps[i];
        }
        return sum.div_(squares);
    }

    /// Whether `flow` (N x 2 x H x W) leads to places inside the picture, in one frame before the
    /// center and one behind, or in all where they are on one side: 1 x H x W.
    static at::Tensor leads_inside(const at::Tensor& flow, const std::vector<double>& steps) {
        const std::int64_t h = flow.size(2);
        const std::int64_t w = flow.size(3);
        const at::Tensor x = flow.select(1, 0) + at::arange(w, flow.options());
        const at::Tensor y = flow.select(1, 1) + at::arange(h, flow.options()).unsqueeze(1);
        const auto last = [](std::int64_t size) { return static_cast<double>(size) - 0.5; };
        const at::Tensor inside =
            (x >= -0.5).logical_and(x <= last(w)).logical_and(y >= -0.5).logical_and(y <= last(h));
        std::array<at::Tensor, 2> sides;
        for (std::size_t i = 0; i < steps.size(); ++i) {
            at::Tensor& side = steps[i] < 0 ? sides[0] : sides[1];
            const at::Tensor here = inside[static_cast<std::int64_t>(i)];
            side = side.defined() ? side.logical_or(here) : here;
        }
        if (sides[0].defined() && sides[1].defined()) {
            return sides[0].logical_and(sides[1]).unsqueeze(0);
        }
        return inside.all(0, true); // one side has to do for both
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
    int reach_ = 0;
    double threshold_ = usual_threshold;
    double caution_ = 1;
    std::int64_t grow_ = 1;
};

} // namespace

OLDFILM_PLUGINS(sdk::describe<ScratchRemoval>(
    {"org.oldfilm.scratch-removal",
     "scratch-removal",
     "0.1.0",
     "Removes dirt, hairs, stains and scratches; outside the repaired places every pixel stays as "
     "it is",
     {sdk::number("sensitivity", 0.6, 0, 1,
                  "how readily a place counts as damaged: 0 repairs "
                  "only what is beyond doubt, 1 all that may be")
          .live(),
      sdk::integer("grow", 1, 0, 8, "how far repairs reach beyond what was found", "px").live(),
      sdk::text("model", "models/scratch-removal/default.pt",
                "name or path of another model, which finds damage, and repairs it unless repair "
                "names one"),
      sdk::text("repair", "",
                "name or path of a model that repairs what model finds; empty: model itself")}}))
