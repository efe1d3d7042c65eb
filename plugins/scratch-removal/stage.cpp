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
//
// Where a person or another program knows of damage, that is repaired as well, and what is known to
// be clean is left.

#include "evidence.hpp"
#include "known.hpp"
#include "neighbors.hpp"
#include "network.hpp"
#include "still.hpp"

#include <oldfilm/sdk/draft/evidence.hpp>
#include <oldfilm/sdk/fill.hpp>
#include <oldfilm/sdk/grow.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <optional>
#include <utility>

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

/// Whether the window has the center alone.
bool has_no_neighbors(const sdk::Request& request) {
    for (std::size_t i = 0; i < request.count(); ++i) {
        if (request.frame(i).index() != request.center().index()) {
            return false;
        }
    }
    return true;
}

void give(const sdk::Request& request, const Repaired& repaired) {
    if (!repaired.mask.defined()) {
        request.pass_through();
        return;
    }
    request.set_output(sdk::share(repaired.picture));
    request.set_mask(sdk::share(repaired.mask.to(at::kFloat)));
}

class ScratchRemoval final : public sdk::Stage,
                             public sdk::LiveParameters,
                             public sdk::draft::Evidence {
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
        check_parts(*finder_, repairer_);
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
        evidence_ = at::Tensor();
        const at::Tensor center = sdk::picture(request.center());
        const Known known = known_damage(host(), request.center());
        if (!finds_ && !known.damaged.defined()) {
            request.pass_through();
        } else if (still_ && has_no_neighbors(request)) {
            give(request, still_->repair(center, finding(), known));
        } else if (finder_->facts.has_output("mask")) {
            give(request, repaired(request, center, known));
        } else {
            give(request, without_mask(request, center, known));
        }
    }

    sdk::draft::OutputEvidence evidence(std::size_t /*request*/) override {
        return {.plane = evidence_.defined() ? sdk::share(evidence_) : sdk::TensorRef()};
    }

  private:
    /// What a network says of a frame.
    struct Look {
        Seen seen;
        at::Tensor picture; ///< C x H x W, as the network repairs it
        at::Tensor suspected, found;
    };

    [[nodiscard]] Still::Finding finding() const {
        return {.enabled = finds_, .sensitivity = sensitivity_, .grow = grow_};
    }

    Look look(const sdk::Request& request, Seen seen) {
        NamedTensors made = sdk::run(finder_->model, {{"window", seen.window}});
        const Found found = scratch::found_in(
            made["mask"], finder_->facts.has_output("picture") ? made["picture"] : at::Tensor(),
            seen, caution_);
        Look result{std::move(seen), {}, found.suspected, found.attested};
        if (finder_->facts.has_output("picture")) {
            result.picture = finder_->whole(made["picture"], request.center().channels());
        }
        return result;
    }

    Repaired repaired(const sdk::Request& request, const at::Tensor& center, const Known& known) {
        Look looked = finds_ ? look(request, finder_->seen(host(), request, reach_))
                             : Look{{}, {}, known.damaged, at::zeros_like(known.damaged)};
        if (known.damaged.defined()) {
            looked.suspected = looked.suspected.logical_or(known.damaged);
        }
        // One wait for the device tells both whether there is damage and whether it may be wide:
        // within such damage, nothing is attested by motion that is led astray.
        const at::Tensor damage = at::stack({looked.found.any(), is_wide(looked.suspected)}).cpu();
        const bool looks_again =
            known.damaged.defined() || (finder_->is_aligned && damage[1].item<bool>());
        if (!damage[0].item<bool>() && !looks_again) {
            return {};
        }
        at::Tensor steady; // where flow isn't led astray; undefined: everywhere
        at::Tensor found = looked.found;
        if (looks_again) {
            steady = grown(looked.suspected, astray).logical_not();
            looked = look(request, finder_->seen(host(), request, reach_, steady));
            // Believed in and close to the damage alone: further off the first look knew better how
            // things move.
            const at::Tensor near = grown(steady, astray - beside).logical_not();
            found = finds_ ? at::where(near, looked.found, found) : found;
        }
        at::Tensor mask = without_clean(grown(found, grow_), known);
        if (known.damaged.defined()) {
            mask = mask.logical_or(known.damaged);
        }
        const at::Tensor picture =
            repairer_ ? repair(request, mask, steady) : filled_in(looked, center, known);
        // What a network returns outside of what was found may differ; the mask makes it the
        // picture itself, to the bit.
        const Seen& seen = looked.seen;
        if (keeps_evidence() && seen.has_evidence && seen.drift.defined()) { // frames are in line
            evidence_ = evidence_of(picture, aligned(seen, center.size(0)), seen.valid,
                                    finder_->facts.before);
        }
        return {at::where(mask, picture, center), mask};
    }

    /// The frames in line, T x C x H x W.
    [[nodiscard]] at::Tensor aligned(const Seen& seen, std::int64_t channels) const {
        return finder_->facts.channels == 1 ? seen.window.squeeze(2).transpose(0, 1)
                                            : seen.window[0].narrow(1, 0, channels);
    }

    /// The network's picture; but known damage that it does not find, from its neighbors.
    at::Tensor filled_in(const Look& looked, const at::Tensor& center, const Known& known) const {
        if (!known.damaged.defined()) {
            return looked.picture;
        }
        at::Tensor doubted = looked.found.logical_not();
        if (looked.seen.valid.defined()) { // the network took what is damaged for the scene
            doubted = doubted.logical_or(looked.seen.valid.all(0).logical_not());
        }
        doubted = doubted.logical_and(known.damaged);
        return at::where(doubted, without_network(looked.seen, center, doubted), looked.picture);
    }

    void take(const sdk::Values& values) {
        const double line = finder_->facts.document.value(
            "threshold", finder_->has_evidence() ? usual_threshold : threshold_without_evidence);
        sensitivity_ = values.number("sensitivity");
        caution_ = caution_at(sensitivity_, line);
        grow_ = values.integer("grow");
        finds_ = values.flag("find");
    }

    at::Tensor repair(const sdk::Request& request, const at::Tensor& mask,
                      const at::Tensor& steady) {
        const at::Tensor window = repairer_->seen(host(), request, reach_, steady).window;
        const at::Tensor masks =
            mask.to(at::kFloat).unsqueeze(0).expand({window.size(0), -1, -1, -1});
        const auto made = sdk::run(repairer_->model, {{"window", window}, {"mask", masks}});
        return repairer_->whole(made["picture"], request.center().channels());
    }

    /// `center` where `holes` (1 x H x W bool) are damaged and the network does not believe it:
    /// what the neighbors show there, and where none does, what is around.
    at::Tensor without_network(const Seen& seen, const at::Tensor& center,
                               const at::Tensor& holes) const {
        if (!seen.has_evidence || !seen.drift.defined()) {
            return from_around(center, holes);
        }
        const Neighbors shown =
            neighbors(aligned(seen, center.size(0)), seen.valid, finder_->facts.before);
        const at::Tensor missing = holes.logical_and(shown.missing);
        return missing.any().item<bool>()
                   ? at::where(missing, from_around(center, holes), shown.mean)
                   : shown.mean;
    }

    at::Tensor from_around(const at::Tensor& center, const at::Tensor& holes) const {
        if (still_) {
            return still_->repair(center, {.enabled = false}, {.damaged = holes, .clean = {}})
                .picture;
        }
        return filled(center.unsqueeze(0), holes.logical_not().to(at::kFloat).unsqueeze(0))[0];
    }

    /// From a network that knows no damage and no bystanders: its mask is where it changed
    /// something.
    Repaired without_mask(const sdk::Request& request, const at::Tensor& center,
                          const Known& known) const {
        NamedTensors made =
            sdk::run(finder_->model, {{"window", finder_->seen(host(), request, reach_).window}});
        const at::Tensor picture = finder_->whole(made["picture"], center.size(0));
        at::Tensor mask = without_clean((picture != center).any(0, true), known);
        if (!finds_) {
            mask = mask.logical_and(known.damaged);
        }
        return {at::where(mask, picture, center), mask};
    }

    std::optional<Network> finder_, repairer_;
    std::optional<Still> still_;
    at::Tensor evidence_; ///< of the last output; undefined: all is synthesized
    int reach_ = 0;
    bool finds_ = true;
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
      sdk::flag(
          "find", true,
          "whether to look for damage; without, only damage that is known is repaired (a mask "
          "film, or regions)")
          .live(),
      sdk::text("model", default_model,
                "name or path of another model, which finds damage, and repairs it unless repair "
                "names one"),
      sdk::text("repair", "",
                "name or path of a model that repairs what model finds; empty: model itself"),
      sdk::text("still", "models/scratch-removal/still.pt",
                "name or path of the model that finds damage in a shot of one frame, such as a "
                "photograph, where model and repair have their defaults; empty: model itself")}}))
