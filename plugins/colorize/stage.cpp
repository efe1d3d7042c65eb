/// \file
/// Gives color to frames. The network sees lightness and gives a* and b*; lightness stays the
/// source's own. Where a model says how far its colors can be believed, what it is not sure of
/// fades towards gray. Colors are averaged over neighboring frames along optical flow, so that they
/// don't flicker: over twelve before, whose small pictures are kept, and eight that are waited for.
/// A person's keyframes and reference pictures come before what the network makes (keyed.hpp).

#include "hints.hpp"
#include "keyed.hpp"
#include "lab.hpp"
#include "network.hpp"
#include "reference.hpp"
#include "steady.hpp"

#include <oldfilm/sdk/draft/evidence.hpp>
#include <oldfilm/sdk/resize.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/ops/ones_like.h>

#include <iterator>
#include <map>
#include <optional>

namespace oldfilm::stages {
namespace {

constexpr int behind = 12;                   ///< frames before whose colors are averaged
constexpr int ahead = 8;                     ///< frames after
constexpr std::int64_t reference_side = 256; ///< short side at which a reference picture is read
constexpr int followed = 240;                ///< frames of a shot through which hints are followed
constexpr std::int64_t carried_side = 240;   ///< short side at which keyframes' colors are carried
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
        steps_.clear();
        read_reference(values.text("reference"), sdk::device(input));
        read_keyframes(values, input);
        const std::string hints = values.text("hints");
        tracker_ = hints.empty()
                       ? std::nullopt
                       : std::optional<Tracker>(std::in_place,
                                                read_hints(hints, input.width, input.height),
                                                input.width, input.height);
        config.channels = 3;
        config.after = followed_keys_ ? std::max(ahead, keys_ahead_) : ahead;
        // Frames before stay at the network's size, not the film's.
        config.warm_up = followed_keys_ ? to_the_cut : behind;
        config.analysis_frames = tracker_ ? followed : 0;
        config.memory =
            4 * (16 * input.height * input.width + 100 * network_.height() * network_.width());
        if (followed_keys_) {
            // Of each frame ahead: luma, flow both ways, and what a later keyframe brings.
            config.memory += 4 * carried_height_ * carried_width_ * (12 * config.after + 60);
        }
    }

    void change(const sdk::Values& values) override { saturation_ = values.number("saturation"); }

    void reset() override {
        frames_.clear();
        steps_.clear();
        shot_hints_ = {};
        if (keyed_) {
            keyed_->reset();
        }
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
        forget_before(now - behind);
        see(request);
        const std::size_t last = request.center_entry() + ahead;
        for (std::size_t i = 0; i <= std::min(last, request.count() - 1); ++i) {
            small(request.frame(i)); // at the shot's end, its last stands in for what lies beyond
        }
        std::vector<SmallFrame> window;
        std::vector<Step> forward;
        std::vector<Step> back;
        for (auto frame = frames_.begin(); frame != frames_.end(); ++frame) {
            window.push_back(frame->second);
            if (const auto after = std::next(frame); after != frames_.end()) {
                const auto& [there, here] = steps(frame->first, frame->second, after->second);
                forward.push_back(there);
                back.push_back(here);
            }
        }
        const auto center =
            static_cast<std::size_t>(std::distance(frames_.begin(), frames_.find(now)));
        at::Tensor color = steady(window, center, forward, back);
        if (followed_keys_) {
            color = keyed_->carried_over(
                sdk::resize_bilinear(color, carried_height_, carried_width_), now);
        }
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

    /// After the reference picture.
    void read_keyframes(const sdk::Values& values, const sdk::Format& input) {
        const std::string folder = values.text("keyframes");
        followed_keys_ = !folder.empty();
        keys_ahead_ = static_cast<int>(values.integer("keyframes_ahead"));
        const double scale =
            std::min(1.0, static_cast<double>(carried_side) /
                              static_cast<double>(std::min(input.height, input.width)));
        const auto side = [&](std::int64_t length) {
            return std::max<std::int64_t>(std::llround(static_cast<double>(length) * scale), 1);
        };
        carried_height_ = side(input.height);
        carried_width_ = side(input.width);
        std::vector<Keyframe> keys;
        if (followed_keys_) {
            keys = stages::read_keyframes(folder, input.height, input.width, carried_height_,
                                          carried_width_);
        }
        if (example_) {
            keys.push_back(std::move(*example_));
            example_.reset();
        }
        const c10::Device device = sdk::device(input);
        for (Keyframe& key : keys) {
            key.luma = key.luma.to(device);
            key.ab = key.ab.to(device);
            key.known = key.known.to(device);
        }
        keyed_.reset();
        if (!keys.empty()) {
            keyed_.emplace(host(), std::move(keys), keys_ahead_);
        }
    }

    /// Shows the frames of a window to the keyframes.
    void see(const sdk::Request& request) {
        for (std::size_t i = 0; keyed_ && i < request.count(); ++i) {
            const sdk::FrameView frame = request.frame(i);
            if (!keyed_->has_seen(frame.index())) {
                keyed_->see(frame, luma_of(frame, carried_height_, carried_width_).squeeze(0));
            }
        }
    }

    void read_reference(const std::string& path, const c10::Device& device) {
        palette_.reset();
        if (path.empty()) {
            if (network_.manifest().has_input("reference")) {
                throw sdk::Failure(network_.manifest().id +
                                       " needs a reference picture; set the parameter reference",
                                   sdk::Status::invalid);
            }
            return;
        }
        const at::Tensor picture = read_picture(path, reference_side).to(device);
        network_.set_reference(picture);
        if (network_.finds_alike()) {
            Keyframe& example = example_.emplace();
            example.luma = lightness(luminance(picture)).div_(100.0).clamp_(0.0, 1.0);
            example.ab = chroma(picture);
            example.known = at::ones_like(example.luma);
        } else if (!network_.manifest().has_input("reference")) {
            palette_ =
                palette({lightness(luminance(picture)).div_(100.0).squeeze(0), chroma(picture)});
        }
    }

    /// A frame's colors before averaging; made once, while the frame is in reach.
    const SmallFrame& small(const sdk::FrameView& frame) {
        if (const auto found = frames_.find(frame.index()); found != frames_.end()) {
            return found->second;
        }
        const at::Tensor picture = sdk::picture(frame).unsqueeze(0);
        NetworkView view{luma_of(frame, network_.height(), network_.width())};
        // Color is followed at half the size: it has no finer detail, and flow is dear.
        const std::int64_t height = (network_.height() + 1) / 2;
        const std::int64_t width = (network_.width() + 1) / 2;
        SmallFrame result;
        result.luma = sdk::resize_bilinear(view.luma, height, width).squeeze(0);
        result.ab = sdk::resize_bilinear(network_.colors(picture, view, shot_hints_, frame.index()),
                                         height, width);
        if (palette_) {
            result.ab = transferred(result, *palette_);
        }
        if (keyed_) {
            result.ab = keyed_->explained(result, view, frame.index(), network_);
        }
        if (!merges_yuv_) {
            result.ab = with_hints(result, shot_hints_, frame.index());
        }
        result.summand = summand(result.ab);
        return frames_.emplace(frame.index(), std::move(result)).first->second;
    }

    /// Both steps between frame `number` and the next one; made once, while both are in reach.
    const std::pair<Step, Step>& steps(std::int64_t number, const SmallFrame& first,
                                       const SmallFrame& second) {
        auto found = steps_.find(number);
        if (found == steps_.end()) {
            found = steps_
                        .emplace(number, std::pair(step(host(), first, second),
                                                   step(host(), second, first)))
                        .first;
        }
        return found->second;
    }

    void forget_before(std::int64_t number) {
        frames_.erase(frames_.begin(), frames_.lower_bound(number));
        steps_.erase(steps_.begin(), steps_.lower_bound(number));
    }

    ColorNetwork network_;
    std::int64_t carried_height_ = 0, carried_width_ = 0;
    bool followed_keys_ = false; ///< there are keyframes, not just a reference picture
    int keys_ahead_ = 0;
    std::optional<Keyframe> example_; ///< the reference picture, until `keyed_` has it
    std::optional<Keyed> keyed_;
    double saturation_ = 1;
    bool merges_yuv_ = false;
    std::optional<Palette> palette_;
    std::optional<Tracker> tracker_;
    ShotHints shot_hints_;
    // By frame number. They hold only what the frames in the window give, so an output depends on
    // its window alone.
    std::map<std::int64_t, SmallFrame> frames_;
    std::map<std::int64_t, std::pair<Step, Step>>
        steps_; ///< from the frame to the next one, and back
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
