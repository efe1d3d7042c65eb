/// \file
/// Gives color to frames. The network sees lightness and gives a* and b*; lightness stays the
/// source's own. Where a model says how far its colors can be believed, what it is not sure of
/// fades towards gray. Colors are averaged over neighboring frames along optical flow, so that they
/// don't flicker: over twelve before, whose small pictures are kept, and eight that are waited for.
/// A person's keyframes and reference pictures come before what the network makes (steering.hpp).

#include "hints.hpp"
#include "lab.hpp"
#include "network.hpp"
#include "reached_frames.hpp"
#include "steering.hpp"

#include <oldfilm/sdk/draft/evidence.hpp>
#include <oldfilm/sdk/resize.hpp>
#include <oldfilm/stage_torch.hpp>

#include <algorithm>
#include <optional>
#include <string>

namespace oldfilm::stages {
namespace {

constexpr int behind = 12;                   ///< frames before whose colors are averaged
constexpr int ahead = 8;                     ///< frames after
constexpr int followed = 240;                ///< frames of a shot through which hints are followed
constexpr std::int32_t to_the_cut = 100'000; ///< keyframes are followed from their shot's start

class Colorize final : public sdk::Stage,
                       public sdk::Analysis,
                       public sdk::LiveParameters,
                       public sdk::draft::ChangesOf<sdk::draft::EvidenceKind::recolored> {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        change(values);
        network_ = ColorNetwork(host(), values.text("model"), input.height, input.width,
                                values.integer("render_size"), values.number("fade"));
        set_merge(values.text("merge"), values);
        frames_.clear();
        steering_ = Steering(host(), network_, values, input);
        const std::string hints = values.text("hints");
        tracker_ = hints.empty()
                       ? std::nullopt
                       : std::optional<Tracker>(std::in_place,
                                                read_hints(hints, input.width, input.height),
                                                input.width, input.height);
        config.channels = 3;
        config.after = steering_.has_keyframes() ? std::max(ahead, steering_.ahead()) : ahead;
        // Frames before stay at the network's size, not the film's.
        config.warm_up = steering_.has_keyframes() ? to_the_cut : behind;
        config.analysis_frames = tracker_ ? followed : 0;
        config.memory =
            4 * (16 * input.height * input.width + 100 * network_.height() * network_.width()) +
            steering_.memory(config.after);
    }

    void change(const sdk::Values& values) override { saturation_ = values.number("saturation"); }

    void reset() override {
        frames_.clear();
        shot_hints_ = {};
        steering_.reset();
    }

    void analyze(const sdk::FrameView& frame) override {
        tracker_->see(host(), frame.index(),
                      luma_of(frame, network_.height(), network_.width()).squeeze(0));
    }
    std::string finish_analysis() override {
        std::string found = tracker_->finish();
        shot_hints_ = ShotHints::parse(found);
        return found;
    }
    void restore_analysis(std::string_view json) override { shot_hints_ = ShotHints::parse(json); }

    void process(const sdk::Request& request) override {
        const std::int64_t now = request.center().index();
        frames_.forget_before(now - behind);
        steering_.see(request);
        const std::size_t last = request.center_entry() + ahead;
        for (std::size_t i = 0; i <= std::min(last, request.count() - 1); ++i) {
            // At the shot's end, its last stands in for what lies beyond.
            if (const sdk::FrameView frame = request.frame(i); !frames_.has(frame.index())) {
                frames_.add(frame.index(), colored(frame));
            }
        }
        at::Tensor color = steering_.carried_over(frames_.averaged(host(), now), now);
        color = color.mul(saturation_);
        const at::Tensor picture = sdk::picture(request.center()).unsqueeze(0);
        const at::Tensor full = sdk::resize_bilinear(color, picture.size(2), picture.size(3));
        request.set_output(sdk::share(
            (merges_yuv_ ? recolored_yuv(picture, full) : recolored(picture, full)).squeeze(0)));
    }

  private:
    void set_merge(const std::string& merge, const sdk::Values& values) {
        const std::string own = network_.manifest().document.value("merge", std::string("lab"));
        merges_yuv_ = (merge == "auto" ? own : merge) == "yuv";
        network_.set_yuv(merges_yuv_);
        if (merges_yuv_ && (!values.text("hints").empty() || !values.text("reference").empty() ||
                            !values.text("keyframes").empty())) {
            throw sdk::Failure(
                "hints, keyframes and reference pictures are given in Lab; set merge=lab",
                sdk::Status::invalid);
        }
    }

    /// A frame's colors before averaging.
    SmallFrame colored(const sdk::FrameView& frame) {
        const at::Tensor picture = sdk::picture(frame).unsqueeze(0);
        NetworkView view{luma_of(frame, network_.height(), network_.width())};
        // Color is followed at half the size: it has no finer detail, and flow is dear.
        const std::int64_t height = (network_.height() + 1) / 2;
        const std::int64_t width = (network_.width() + 1) / 2;
        SmallFrame result;
        result.luma = sdk::resize_bilinear(view.luma, height, width).squeeze(0);
        result.ab = sdk::resize_bilinear(network_.colors(picture, view, shot_hints_, frame.index()),
                                         height, width);
        result.ab = steering_.explained(result, view, frame.index(), network_);
        if (!merges_yuv_) {
            result.ab = with_hints(result, shot_hints_, frame.index());
        }
        return result;
    }

    ColorNetwork network_;
    Steering steering_;
    ReachedFrames frames_;
    double saturation_ = 1;
    bool merges_yuv_ = false;
    std::optional<Tracker> tracker_;
    ShotHints shot_hints_;
};

const oldfilm_plugin_description* colorize() {
    return sdk::describe<Colorize>(
        {"org.oldfilm.colorize",
         "colorize",
         "0.1.0",
         "Gives color to frames, steady over time; lightness stays the source's own",
         {sdk::choice(
              "merge", "auto", {"auto", "lab", "yuv"},
              "what of the source stays: Lab's lightness, or Y of BT.601 (as DeOldify does); "
              "auto: what the model's makers did"),
          sdk::integer("render_size", 0, 0, 1024,
                       "short side of what the network sees, or its square's side; 0: the model's "
                       "own",
                       "px"),
          sdk::number("saturation", 1, 0, 2, "how strong the colors are; 0 leaves gray").live(),
          sdk::number("fade", 1, 0, 1,
                      "how far colors that the model is not sure of fade to gray; 0: not at all"),
          sdk::file(
              "hints", "",
              R"(JSON file of known colors: [{"frame": 0, "x": 10, "y": 20, "color": "#c08060"}])"),
          sdk::file("reference", "",
                    "a color picture: what looks like its parts takes on their colors"),
          sdk::file("keyframes", "",
                    "folder of painted frames, named by frame (000120.png) or time "
                    "(00-00-05.000.png); transparent parts say nothing"),
          sdk::integer("keyframes_ahead", 48, 1, 240,
                       "how far before a keyframe motion carries its colors; takes memory for as "
                       "many frames",
                       "frames"),
          sdk::text("model", "models/colorize/default.pt",
                    "name or path of another colorize model")}});
}

} // namespace
} // namespace oldfilm::stages

OLDFILM_PLUGINS(oldfilm::stages::colorize())
