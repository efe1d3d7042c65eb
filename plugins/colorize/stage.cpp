/// \file
/// Gives color to frames. The network sees lightness and gives a* and b*; lightness stays the
/// source's own. Where a model says how far its colors can be believed, what it is not sure of
/// fades towards gray. Colors are averaged over neighboring frames along optical flow, so that they
/// don't flicker: over twelve before, whose small pictures are kept, and eight that are waited for.

#include "hints.hpp"
#include "lab.hpp"
#include "reference.hpp"
#include "steady.hpp"

#include <oldfilm/sdk/luma.hpp>
#include <oldfilm/sdk/manifest.hpp>
#include <oldfilm/sdk/resize.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include <iterator>
#include <map>
#include <optional>

namespace oldfilm::stages {
namespace {

constexpr int behind = 12;                   ///< frames before whose colors are averaged
constexpr int ahead = 8;                     ///< frames after
constexpr std::int64_t default_render = 256; ///< for models that declare no size of their own
constexpr int followed = 240;                ///< frames of a shot through which hints are followed

class Colorize final : public sdk::Stage, public sdk::Analysis, public sdk::LiveParameters {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        change(values);
        model_ = sdk::Model(host(), values.text("model"), "colorize");
        manifest_ =
            sdk::read_manifest(model_, {"luma", "grey", "hint_ab", "hint_mask", "reference"});
        set_merge(values.text("merge"), values);
        fade_ = values.number("fade");
        set_render_size(input.height, input.width, values.integer("render_size"));
        frames_.clear();
        steps_.clear();
        read_reference(values.text("reference"), sdk::device(input));
        const std::string hints = values.text("hints");
        tracker_ = hints.empty()
                       ? std::nullopt
                       : std::optional<Tracker>(std::in_place,
                                                read_hints(hints, input.width, input.height),
                                                input.width, input.height);
        config.channels = 3;
        config.after = ahead;
        config.warm_up = behind; // frames before stay at the network's size, not the film's
        config.analysis_frames = tracker_ ? followed : 0;
        config.memory = 4 * (16 * input.height * input.width + 100 * height_ * width_);
    }

    void change(const sdk::Values& values) override { saturation_ = values.number("saturation"); }

    void reset() override {
        frames_.clear();
        steps_.clear();
        shot_hints_ = {};
    }

    void analyze(const sdk::FrameView& frame) override {
        tracker_->see(host(), frame.index(),
                      small_luma(sdk::picture(frame).unsqueeze(0)).squeeze(0));
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
        for (std::size_t i = 0; i < request.count(); ++i) {
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
        const at::Tensor color = steady(window, center, forward, back).mul_(saturation_);
        const at::Tensor picture = sdk::picture(request.center()).unsqueeze(0);
        const at::Tensor full = sdk::resize_bilinear(color, picture.size(2), picture.size(3));
        request.set_output(sdk::share(
            (merges_yuv_ ? recoloured_yuv(picture, full) : recoloured(picture, full)).squeeze(0)));
    }

  private:
    void set_merge(const std::string& merge, const sdk::Values& values) {
        const std::string own = manifest_.document.value("merge", std::string("lab"));
        merges_yuv_ = (merge == "auto" ? own : merge) == "yuv";
        if (merges_yuv_ && (!values.text("hints").empty() || !values.text("reference").empty())) {
            throw sdk::Failure("hints and reference pictures are given in Lab; set merge=lab",
                               sdk::Status::invalid);
        }
    }

    /// The short side is the model's own, or `asked`, both are multiples of what it needs; a strip
    /// is no longer than four times that. Some models were made for a square, whatever the picture.
    void set_render_size(std::int64_t height, std::int64_t width, std::int64_t asked) {
        const std::int64_t wanted = asked > 0                   ? asked
                                    : manifest_.render_size > 0 ? manifest_.render_size
                                                                : default_render;
        if (manifest_.document.value("render_shape", std::string()) == "square") {
            height = width = wanted;
        }
        const double scale =
            static_cast<double>(wanted) / static_cast<double>(std::min(height, width));
        const auto side = [&](std::int64_t length) {
            const double exact =
                std::min(static_cast<double>(length) * scale, 4.0 * static_cast<double>(wanted));
            const auto multiple = static_cast<double>(manifest_.size_multiple);
            return std::max<std::int64_t>(std::llround(exact / multiple), 1) *
                   manifest_.size_multiple;
        };
        height_ = side(height);
        width_ = side(width);
    }

    void read_reference(const std::string& path, const c10::Device& device) {
        palette_.reset();
        reference_ = at::Tensor();
        if (path.empty()) {
            if (manifest_.has_input("reference")) {
                throw sdk::Failure(manifest_.id +
                                       " needs a reference picture; set the parameter reference",
                                   sdk::Status::invalid);
            }
            return;
        }
        const at::Tensor picture = read_picture(path, default_render).to(device);
        reference_ = sdk::resize_bilinear(picture, height_, width_);
        if (!manifest_.has_input("reference")) {
            palette_ =
                palette({lightness(luminance(picture)).div_(100.0).squeeze(0), chroma(picture)});
        }
    }

    /// L / 100 at the network's size, 1 x 1 x h x w.
    [[nodiscard]] at::Tensor small_luma(const at::Tensor& picture) const {
        // Reduced as coded first, so that the curves run on few pixels.
        const at::Tensor reduced = sdk::resize_bilinear(picture, height_, width_);
        return lightness(luminance(reduced)).div_(100.0).clamp_(0.0, 1.0);
    }

    /// A frame's colors before averaging; made once, while the frame is in reach.
    const SmallFrame& small(const sdk::FrameView& frame) {
        if (const auto found = frames_.find(frame.index()); found != frames_.end()) {
            return found->second;
        }
        const at::Tensor picture = sdk::picture(frame).unsqueeze(0);
        const at::Tensor light = small_luma(picture);
        // Color is followed at half the size: it has no finer detail, and flow is dear.
        const std::int64_t height = (height_ + 1) / 2;
        const std::int64_t width = (width_ + 1) / 2;
        SmallFrame result;
        result.luma = sdk::resize_bilinear(light, height, width).squeeze(0);
        result.ab = sdk::resize_bilinear(colors(picture, light, frame.index()), height, width);
        if (palette_) {
            result.ab = transferred(result, *palette_);
        }
        if (!merges_yuv_) {
            result.ab = with_hints(result, shot_hints_, frame.index());
        }
        result.summand = summand(result.ab);
        return frames_.emplace(frame.index(), std::move(result)).first->second;
    }

    [[nodiscard]] at::Tensor colors(const at::Tensor& picture, const at::Tensor& light,
                                    std::int64_t index) const {
        std::vector<sdk::NamedTensor> inputs;
        for (const std::string& name : manifest_.inputs) {
            inputs.push_back({name, name == "luma"        ? light
                                    : name == "grey"      ? gray(picture, light)
                                    : name == "reference" ? reference_
                                                          : hint_plane(name, light, index)});
        }
        const at::Tensor output = faded(sdk::run(model_, inputs));
        const bool gives_picture = manifest_.outputs.front() == "picture";
        if (merges_yuv_) {
            return yuv_chroma(gives_picture ? output
                                            : picture_of(unlightness(light.mul(100.0)), output));
        }
        return gives_picture ? chroma(output) : output;
    }

    /// The first output; with an output "confidence", N x 1 x h x w in [0, 1], only that part of
    /// it.
    [[nodiscard]] at::Tensor faded(const sdk::NamedTensors& outputs) const {
        return manifest_.has_output("confidence")
                   ? outputs.front().mul(outputs["confidence"].mul(fade_).add_(1.0 - fade_))
                   : outputs.front();
    }

    /// What a network that takes a gray picture sees: the gray of that lightness, or the coded
    /// picture's own BT.601 luma, as its makers fed it.
    [[nodiscard]] at::Tensor gray(const at::Tensor& picture, const at::Tensor& light) const {
        if (manifest_.document.value("grey", std::string("lightness")) == "luma") {
            const at::Tensor reduced = sdk::resize_bilinear(picture, height_, width_);
            return sdk::luma(reduced, bt601).clamp(0.0, 1.0).expand({1, 3, -1, -1});
        }
        const at::Tensor none = at::zeros({1, 2, height_, width_}, light.options());
        return picture_of(unlightness(light.mul(100.0)), none);
    }

    /// Hints for networks that take them: 3 x 3 pixels about each point.
    [[nodiscard]] at::Tensor hint_plane(const std::string& name, const at::Tensor& light,
                                        std::int64_t index) const {
        const bool is_mask = name == "hint_mask";
        at::Tensor plane = at::zeros({1, is_mask ? 1 : 2, height_, width_}, light.options());
        const auto points = shot_hints_.at(index);
        for (std::size_t k = 0; k < points.size(); ++k) {
            const auto start = [](double part, std::int64_t side) {
                const auto at = static_cast<std::int64_t>(part * static_cast<double>(side)) - 1;
                return std::clamp<std::int64_t>(at, 0, side - 3);
            };
            const at::Tensor spot = plane.narrow(2, start(points[k][1], height_), 3)
                                        .narrow(3, start(points[k][0], width_), 3);
            spot.select(1, 0).fill_(is_mask ? 1.0 : shot_hints_.tracks[k].a);
            if (!is_mask) {
                spot.select(1, 1).fill_(shot_hints_.tracks[k].b);
            }
        }
        return plane;
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

    sdk::Model model_;
    sdk::Manifest manifest_;
    std::int64_t height_ = 0, width_ = 0; ///< that the network sees
    double saturation_ = 1;
    double fade_ = 1; ///< how far colors that the network is not sure of fade to gray
    bool merges_yuv_ = false;
    at::Tensor reference_;
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
          sdk::file("reference", "", "a color picture whose palette the film takes on"),
          sdk::text("model", "models/colorize/default.pt",
                    "name or path of another colorize model")}});
}

} // namespace
} // namespace oldfilm::stages

OLDFILM_PLUGINS(oldfilm::stages::colorize())
