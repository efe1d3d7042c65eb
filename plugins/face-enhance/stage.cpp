/// \file
/// Enhances faces: finds them, brings each to the position that its network knows, and adds what
/// the network changed back to the frame, softly bounded. Frames without faces stay as they are,
/// bit for bit.

#include "align.hpp"
#include "detect.hpp"
#include "network_detector.hpp"
#include "track.hpp"

#include <oldfilm/sdk/luma.hpp>
#include <oldfilm/sdk/manifest.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/ops/argsort.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>

#include <limits>
#include <map>
#include <optional>

namespace oldfilm::stages {
namespace {

constexpr int reach = 3; ///< frames on either side in which a face is followed
/// Of a shot's frames, every second is looked at: faces move little, and looking is dear. Three
/// looks or more are in reach of every frame.
constexpr std::int64_t look_step = 2;
constexpr std::int64_t landmark_side = 96;      ///< of the crop that the landmark network sees
constexpr double landmark_margin = 1.3;         ///< that crop over the detector's box
constexpr std::int64_t default_crop = 256;      ///< for models that declare no size of their own
const char* const published_detector = "mtcnn"; ///< as `oldfilm models` names it
constexpr double least_eyes = 8; ///< pixels between the eyes, below which nothing can be gained
constexpr double most_misfit =
    0.35; ///< from the template, beyond which it is no face seen from the front

class FaceEnhance final : public sdk::Stage, public sdk::LiveParameters {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& input, const sdk::Values& values,
                   sdk::Config& config) override {
        change(values);
        set_detector(values);
        model_ = sdk::Model(host(), values.text("model"), "face-enhance");
        manifest_ = sdk::read_manifest(model_, {"crop"});
        if (manifest_.channels != 3) {
            throw sdk::Failure(manifest_.id + " takes " + std::to_string(manifest_.channels) +
                                   " channel(s); face-enhance needs a model that takes 3",
                               sdk::Status::invalid);
        }
        side_ = manifest_.render_size > 0 ? manifest_.render_size : default_crop;
        matches_histogram_ = manifest_.document.value("histogram", std::string()) == "match";
        if (const std::string aligned = manifest_.document.value("template", std::string("ffhq"));
            aligned != "ffhq") {
            throw sdk::Failure(manifest_.id + " wants faces aligned by the template \"" + aligned +
                                   "\"; this stage aligns by \"ffhq\"; choose another model",
                               sdk::Status::invalid);
        }
        faces_.clear();
        mask_ = at::Tensor();
        config.before = config.after = reach;
        config.memory =
            8 * std::int64_t{input.channels} * input.height * input.width + 128 * side_ * side_;
    }

    void change(const sdk::Values& values) override { strength_ = values.number("strength"); }

    void reset() override {
        faces_.clear();
        shot_start_ = std::numeric_limits<std::int64_t>::max();
    }

    void process(const sdk::Request& request) override {
        const std::int64_t first = request.frame(0).index();
        faces_.erase(faces_.begin(), faces_.lower_bound(first));
        shot_start_ = std::min(shot_start_, first);
        std::vector<Look> looks;
        std::int64_t last = -1;
        for (std::size_t i = 0; i < request.count(); ++i) {
            const sdk::FrameView frame = request.frame(i);
            // The shot's first and last frames stand in for what lies beyond, and count once.
            if (frame.index() != last && (frame.index() - shot_start_) % look_step == 0) {
                looks.push_back(
                    {static_cast<double>(frame.index() - request.center().index()), faces(frame)});
            }
            last = frame.index();
        }
        const std::vector<SteadyFace> found = steady_faces(looks);
        if (found.empty() || strength_ <= 0) {
            request.pass_through();
            return;
        }
        const at::Tensor result = sdk::picture(request.center()).clone().unsqueeze(0);
        enhance(sdk::picture(request.center()).unsqueeze(0), found, result);
        request.set_output(sdk::share(result.squeeze(0)));
    }

  private:
    /// A network that finds faces and their points, or the cascade and the network that finds the
    /// points of what it found.
    void set_detector(const sdk::Values& values) {
        network_.reset();
        detector_.reset();
        const std::string name = values.text("detector");
        if (name == "auto" && values.text("cascade").empty()) {
            try {
                network_.emplace(sdk::Model(host(), published_detector, "face-detector"));
            } catch (const sdk::Failure& failure) {
                host().log(sdk::LogLevel::info, std::string("faces are found by OpenCV's cascade; "
                                                            "`oldfilm models add mtcnn` installs a "
                                                            "detector that finds more (") +
                                                    failure.what() + ")");
            }
        } else if (name != "auto" && name != "cascade") {
            network_.emplace(sdk::Model(host(), name, "face-detector"));
        }
        if (!network_) {
            detector_.emplace(values.text("cascade"));
            landmarks_ = sdk::Model(host(), values.text("landmarks"), "face-landmarks");
            sdk::read_manifest(landmarks_, {"picture"});
        }
    }

    /// Faces of one frame; found once, while the frame is in reach.
    const std::vector<Face>& faces(const sdk::FrameView& frame) {
        auto known = faces_.find(frame.index());
        if (known == faces_.end()) {
            const at::Tensor gray =
                sdk::luma(sdk::picture(frame).unsqueeze(0), sdk::luma_weights(frame));
            std::vector<Face> found =
                network_ ? network_->find(gray) : with_landmarks(gray, detector_->find(gray));
            std::erase_if(found, [this](const Face& face) { return !is_usable(face); });
            known = faces_.emplace(frame.index(), std::move(found)).first;
        }
        return known->second;
    }

    [[nodiscard]] std::vector<Face> with_landmarks(const at::Tensor& gray,
                                                   const std::vector<Box>& boxes) const {
        if (boxes.empty()) {
            return {};
        }
        std::vector<at::Tensor> crops;
        std::vector<Similarity> maps;
        for (const Box& box : boxes) {
            const double margin = box.side * (landmark_margin - 1) / 2;
            maps.push_back(
                {box.side * landmark_margin / landmark_side, 0, box.x - margin, box.y - margin});
            crops.push_back(
                sample(gray, maps.back(), landmark_side, landmark_side, true).clamp_(0.0, 1.0));
        }
        const at::Tensor points =
            sdk::run(landmarks_, {{"picture", at::cat(crops)}}).front().cpu().contiguous();
        std::vector<Face> faces;
        for (std::size_t i = 0; i < boxes.size(); ++i) {
            const float* row = points.data_ptr<float>() + i * 10;
            Face face;
            face.side = boxes[i].side;
            for (std::size_t k = 0; k < face.points.size(); ++k) {
                face.points[k] = maps[i]({static_cast<double>(row[2 * k]) * landmark_side,
                                          static_cast<double>(row[2 * k + 1]) * landmark_side});
            }
            faces.push_back(face);
        }
        return faces;
    }

    [[nodiscard]] bool is_usable(const Face& face) const {
        const Points wanted = template_points(static_cast<double>(side_));
        const Point left = face.points[0];
        const Point right = face.points[1];
        return std::hypot(right.x - left.x, right.y - left.y) >= least_eyes &&
               misfit(fit(face.points, wanted), face.points, wanted) <= most_misfit;
    }

    /// Adds to `result` what the network changes in `picture`, within the faces. A change, not the
    /// network's picture: detail finer than the crop's pixels stays.
    void enhance(const at::Tensor& picture, const std::vector<SteadyFace>& faces,
                 const at::Tensor& result) {
        const Points wanted = template_points(static_cast<double>(side_));
        const bool is_mono = picture.size(1) == 1;
        std::vector<at::Tensor> crops;
        std::vector<Similarity> maps; // from crop to frame
        for (const SteadyFace& face : faces) {
            maps.push_back(fit(face.points, wanted).inverse());
            const at::Tensor crop = sample(picture, maps.back(), side_, side_, true);
            crops.push_back(is_mono ? crop.expand({1, 3, -1, -1}) : crop);
        }
        const at::Tensor before = at::cat(crops).clamp_(0.0, 1.0);
        at::Tensor after = sdk::run(model_, {{"crop", before}}).front();
        if (matches_histogram_) {
            after = with_histogram(after, before);
        }
        at::Tensor change = after.sub(before);
        if (is_mono) {
            change = change.mean(1, true);
        }
        if (!mask_.defined()) {
            mask_ = face_mask(side_, picture.options());
        }
        for (std::size_t i = 0; i < faces.size(); ++i) {
            const at::Tensor part = change.narrow(0, static_cast<std::int64_t>(i), 1)
                                        .mul(mask_)
                                        .mul_(strength_ * faces[i].weight);
            paste(part, maps[i], result);
        }
    }

    /// `picture` with the values of `model`, channel by channel, in its own order: the histogram of
    /// the crop that a face came from (as Wan et al. 2020 do after their network).
    static at::Tensor with_histogram(const at::Tensor& picture, const at::Tensor& model) {
        const at::Tensor order = picture.flatten(2).argsort(true, 2, false);
        const at::Tensor values = std::get<0>(model.flatten(2).sort(2));
        return at::empty_like(values).scatter_(2, order, values).view(picture.sizes());
    }

    /// Adds `part`, a crop, to the frame's pixels that it covers.
    static void paste(const at::Tensor& part, const Similarity& to_frame, const at::Tensor& frame) {
        const auto side = static_cast<double>(part.size(3));
        double left = 1e18, right = 0, top = 1e18, bottom = 0;
        for (const Point corner :
             {to_frame({0, 0}), to_frame({side, 0}), to_frame({0, side}), to_frame({side, side})}) {
            left = std::min(left, corner.x);
            right = std::max(right, corner.x);
            top = std::min(top, corner.y);
            bottom = std::max(bottom, corner.y);
        }
        const auto low = [](double x) {
            return static_cast<std::int64_t>(std::max(std::floor(x), 0.0));
        };
        const std::int64_t x0 = low(left);
        const std::int64_t y0 = low(top);
        const std::int64_t width = std::min(low(right) + 1, frame.size(3)) - x0;
        const std::int64_t height = std::min(low(bottom) + 1, frame.size(2)) - y0;
        if (width <= 0 || height <= 0) {
            return;
        }
        Similarity to_crop = to_frame.inverse();
        const Point origin = to_crop({static_cast<double>(x0), static_cast<double>(y0)});
        to_crop.tx = origin.x;
        to_crop.ty = origin.y;
        frame.narrow(2, y0, height)
            .narrow(3, x0, width)
            .add_(sample(part, to_crop, height, width, false));
    }

    std::optional<NetworkDetector> network_;
    std::optional<Detector> detector_;
    sdk::Model landmarks_, model_;
    sdk::Manifest manifest_;
    std::int64_t side_ = default_crop;
    bool matches_histogram_ = false;
    std::int64_t shot_start_ = std::numeric_limits<std::int64_t>::max();
    double strength_ = 1;
    at::Tensor mask_;
    // By frame number; only what the frames in the window give, so an output depends on its window
    // alone.
    std::map<std::int64_t, std::vector<Face>> faces_;
};

const oldfilm_plugin_description* face_enhance() {
    return sdk::describe<FaceEnhance>(
        {"org.oldfilm.face-enhance",
         "face-enhance",
         "0.1.0",
         "Makes faces clearer; frames without faces stay as they are",
         {sdk::number("strength", 0.8, 0, 1, "how much of what the network changes is taken")
              .live(),
          sdk::text("detector", "auto",
                    "name or path of a face-detector model; auto: mtcnn where it is installed, "
                    "else cascade"),
          sdk::file(
              "cascade", "",
              "OpenCV's XML file of the face detector; empty for the one installed with OpenCV"),
          sdk::text("model", "models/face-enhance/default.pt",
                    "name or path of another face-enhance model"),
          sdk::text("landmarks", "models/face-enhance/landmarks.pt",
                    "name or path of another face-landmarks model")}});
}

} // namespace
} // namespace oldfilm::stages

OLDFILM_PLUGINS(oldfilm::stages::face_enhance())
