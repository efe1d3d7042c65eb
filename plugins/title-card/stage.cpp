/// \file
/// Makes the text of intertitles steady in tone, sharp, and free of grain and dust: each frame
/// becomes the mean of its neighbors along their exact registration, which removes what no single
/// frame allows.

#include "average.hpp"
#include "registration.hpp"

#include <oldfilm/sdk/draft/evidence.hpp>
#include <oldfilm/sdk/luma.hpp>
#include <oldfilm/sdk/warp.hpp>
#include <oldfilm/stage_torch.hpp>

#include <cmath>
#include <map>
#include <vector>

namespace oldfilm::stages {
namespace {

/// Frames that correlate less show another text, or more than text.
constexpr double same_card = 0.9;
/// Weave and jitter are less, as a part of the width.
constexpr double largest_shift = 0.05;

class TitleCard final : public sdk::Stage,
                        public sdk::draft::ChangesOf<sdk::draft::EvidenceKind::recovered> {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        const auto radius = static_cast<std::int32_t>(values.integer("radius"));
        config.before = config.after = radius;
        config.edges = sdk::Edges::inside;
        config.memory =
            std::int64_t{16} * (2 * radius + 1) * input.channels * input.height * input.width;
    }

    void process(const sdk::Request& request) override {
        const at::Tensor center = sdk::picture(request.center());
        std::vector<at::Tensor> pictures{center};
        std::int64_t last = request.center().index();
        for (std::size_t i = 0; i < request.count(); ++i) {
            const sdk::FrameView frame = request.frame(i);
            if (i == request.center_entry() || frame.index() == request.center().index() ||
                (i > 0 && frame.index() == last)) {
                continue; // frames of short shots come more than once
            }
            last = frame.index();
            host().stop_if_cancelled();
            const Card::Shift shift = card(request.center()).to(card(frame));
            if (shift.correlation >= same_card &&
                std::hypot(shift.x, shift.y) <=
                    largest_shift * static_cast<double>(frame.width())) {
                pictures.push_back(
                    matched(sdk::shifted(sdk::picture(frame), shift.x, shift.y), center));
            }
        }
        cards_.erase(cards_.begin(), cards_.lower_bound(request.frame(0).index()));
        if (pictures.size() < 3) { // a median of two is none
            request.pass_through();
        } else {
            request.set_output(sdk::share(averaged(host(), pictures)));
        }
    }

    void reset() override { cards_.clear(); }

  private:
    /// Depends on the frame alone, so that storing it changes nothing.
    const Card& card(const sdk::FrameView& frame) {
        const auto known = cards_.find(frame.index());
        if (known != cards_.end()) {
            return known->second;
        }
        const at::Tensor luma = sdk::luma(sdk::picture(frame), sdk::luma_weights(frame));
        return cards_.emplace(frame.index(), Card(luma)).first->second;
    }

    std::map<std::int64_t, Card> cards_;
};

const oldfilm_plugin_description* title_card() {
    return sdk::describe<TitleCard>(
        {"org.oldfilm.title-card",
         "title-card",
         "0.1.0",
         "Makes intertitles clean and sharp: the mean of their frames, registered",
         {sdk::integer("radius", 6, 1, 24, "frames on each side that are averaged")}});
}

} // namespace
} // namespace oldfilm::stages

OLDFILM_PLUGINS(oldfilm::stages::title_card())
