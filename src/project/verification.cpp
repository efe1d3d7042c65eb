#include "media/metadata.hpp"
#include "pipeline/protection.hpp"
#include "project/rendering.hpp"
#include "project/source_file.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/ledger.hpp>
#include <oldfilm/verification.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/any.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

namespace oldfilm {
namespace {

using nlohmann::json;

/// Codecs that give back every sample.
constexpr std::array lossless{"ffv1", "rawvideo", "png", "tiff", "dpx", "exr", "wrapped_avframe"};
/// The stage that changes nothing outside its repairs.
constexpr const char* repairing = "org.oldfilm.scratch-removal";

std::string full_id(const std::string& id) {
    return id.find('.') == std::string::npos ? "org.oldfilm." + id : id;
}

/// Ids of the stages that are on in each shot, by its first frame.
std::vector<std::pair<std::int64_t, std::set<std::string>>> stages_by_shot(const Pipeline& made) {
    std::set<std::string> all;
    for (const StageSpec& stage : made.stages()) {
        all.insert(full_id(stage.id));
    }
    const ShotOptions& shots = made.options().shots;
    std::set<std::int64_t> first(shots.first_frames.begin(), shots.first_frames.end());
    first.insert(0);
    std::vector<std::pair<std::int64_t, std::set<std::string>>> by_shot;
    for (const std::int64_t frame : first) {
        std::set<std::string> on = all;
        const auto found = shots.overrides.find(frame);
        if (found != shots.overrides.end()) {
            for (const StageOverride& one : found->second) {
                if (!one.enabled) {
                    on.erase(full_id(one.id));
                }
            }
        }
        by_shot.emplace_back(frame, std::move(on));
    }
    return by_shot;
}

/// Compares the two films of one project.
class Verifier {
  public:
    Verifier(const Project& project, const std::string& source, const std::string& result,
             Verification& found)
        : found_(found), project_(project), pipeline_(project::rendering_pipeline(project, {})),
          shots_(stages_by_shot(pipeline_)), ledger_(project.folder()),
          source_(source, read_options()), result_(result) {}

    void check_content(const std::string& source) {
        const project::Content content = project::content_of(source, true);
        if (content.checksum == project_.source().checksum) {
            found_.proved.push_back(fmt::format("{} is the film of the project: {} bytes with "
                                                "checksum {}",
                                                source, content.bytes, content.checksum));
        } else {
            found_.wrong.push_back(fmt::format("{} has the checksum {}, and the film of the "
                                               "project {}",
                                               source, content.checksum,
                                               project_.source().checksum));
        }
    }

    void check_plan() {
        const json plan = json::parse(media::metadata_of(result_, "oldfilm_plan"), nullptr, false);
        if (!plan.is_object()) {
            found_.unproved.push_back(fmt::format("how {} was rendered: it has no plan in its "
                                                  "metadata",
                                                  result_.info().path));
            return;
        }
        const json now = json::parse(pipeline_.to_json());
        std::vector<std::string> differences;
        for (const auto& [member, name] :
             {std::pair{"shots", "shots"}, std::pair{"protect", "protected regions"}}) {
            if (plan.value(member, json()) != now.value(member, json())) {
                differences.emplace_back(name);
            }
        }
        if (!has_stages(plan, now)) {
            differences.emplace_back("stages");
        }
        if (differences.empty()) {
            found_.proved.emplace_back("the result was rendered with the stages, shots and "
                                       "protected regions that the project has now");
        } else {
            found_.wrong.push_back(
                fmt::format("the result was rendered with other {} than the project has now; "
                            "render it again",
                            fmt::join(differences, " and ")));
        }
    }

    /// Whether frames of both films correspond, sample by sample.
    bool can_compare() {
        const MediaInfo& info = result_.info();
        if (std::find(lossless.begin(), lossless.end(), info.codec) == lossless.end()) {
            found_.unproved.push_back(
                fmt::format("the samples: {} is coded with loss ({})", info.path, info.codec));
            return false;
        }
        if (info.width != source_.info().width || info.height != source_.info().height) {
            found_.unproved.push_back(
                fmt::format("the samples: the result has {} x {} pixels, and the source {} x {}",
                            info.width, info.height, source_.info().width, source_.info().height));
            return false;
        }
        if (info.frame_rate != source_.info().frame_rate) {
            found_.unproved.push_back(
                fmt::format("the samples: the result has {} frames a second, and the source {}",
                            info.frame_rate.to_string(), source_.info().frame_rate.to_string()));
            return false;
        }
        return true;
    }

    void compare(const std::stop_token& stop) {
        for (;;) {
            const std::optional<Frame> before = source_.next();
            const std::optional<Frame> after = result_.next();
            if (before.has_value() != after.has_value()) {
                found_.wrong.push_back(fmt::format(
                    "the {} ends after {} frames, and the {} goes on", before ? "result" : "source",
                    found_.frames, before ? "source" : "result"));
                return;
            }
            if (!before) {
                break;
            }
            if (stop.stop_requested()) {
                throw Error(Errc::cancelled, "the verification was stopped on request");
            }
            compare(*before, *after);
            ++found_.frames;
        }
        conclude();
    }

  private:
    [[nodiscard]] ReadOptions read_options() const {
        ReadOptions options;
        options.keep_coded = false;
        options.deinterlace = project_.source().deinterlace;
        return options;
    }

    /// Parameters that the project leaves out are those of the plugin.
    static bool has_stages(const json& plan, const json& now) {
        const json& made = plan.value("stages", json::array());
        const json& wanted = now.at("stages");
        if (made.size() != wanted.size()) {
            return false;
        }
        for (std::size_t i = 0; i < made.size(); ++i) {
            if (made[i].value("id", "") != wanted[i].at("id")) {
                return false;
            }
            const json parameters = made[i].value("parameters", json::object());
            for (const auto& [name, value] : wanted[i].at("parameters").items()) {
                if (parameters.value(name, json()) != value) {
                    return false;
                }
            }
        }
        return true;
    }

    [[nodiscard]] const std::set<std::string>& stages_at(std::int64_t frame) const {
        const auto after =
            std::upper_bound(shots_.begin(), shots_.end(), frame,
                             [](std::int64_t one, const auto& shot) { return one < shot.first; });
        return std::prev(after)->second;
    }

    /// Stages other than the one that changes repairs only.
    [[nodiscard]] std::vector<std::string> changing_stages(std::int64_t frame) const {
        std::vector<std::string> ids;
        for (const std::string& id : stages_at(frame)) {
            if (id != repairing) {
                ids.push_back(id.substr(id.rfind('.') + 1));
            }
        }
        return ids;
    }

    /// H x W, true in the boxes of repairs of the frame.
    at::Tensor repaired_in(std::int64_t number, const Frame& frame) {
        at::Tensor mask = at::zeros({frame.height(), frame.width()}, at::kBool);
        RepairFilter filter;
        filter.first = filter.last = number;
        filter.present = true;
        for (const Repair& repair : ledger_.list(filter)) {
            mask.narrow(0, repair.top, repair.height)
                .narrow(1, repair.left, repair.width)
                .fill_(true);
        }
        return mask;
    }

    /// H x W, true where no stage at all may change the frame; undefined where all may.
    at::Tensor protected_in(std::int64_t number, const Frame& frame) const {
        std::vector<std::uint8_t> mask;
        for (const ProtectedRegion& region : pipeline_.options().protect) {
            if (region.stages.empty() && number >= region.first && number <= region.last) {
                mask.resize(static_cast<std::size_t>(frame.height() * frame.width()));
                pipeline::fill_polygon(mask, frame.width(), frame.height(), region.polygon);
            }
        }
        return mask.empty() ? at::Tensor()
                            : at::from_blob(mask.data(), {frame.height(), frame.width()}, at::kByte)
                                  .to(at::kBool);
    }

    void compare(const Frame& before, const Frame& after) {
        const std::int64_t number = found_.frames;
        const at::Tensor differs = (before.picture() != after.picture()).any(0);
        const auto count = differs.sum().item<std::int64_t>();
        found_.samples += differs.numel();
        found_.equal += differs.numel() - count;
        const std::vector<std::string> changing = changing_stages(number);
        changing_.insert(changing.begin(), changing.end());
        if (count == 0) {
            return;
        }
        at::Tensor allowed =
            changing.empty() ? repaired_in(number, before) : at::ones_like(differs);
        const at::Tensor untouchable = protected_in(number, before);
        if (untouchable.defined()) {
            allowed = allowed & ~untouchable;
        }
        const auto inside = (differs & allowed).sum().item<std::int64_t>();
        (changing.empty() ? found_.repaired : found_.changed) += inside;
        if (inside < count) {
            note_wrong(number, differs & ~allowed);
        }
    }

    void note_wrong(std::int64_t number, const at::Tensor& pixels) {
        const at::Tensor place = pixels.nonzero()[0];
        wrong_ += pixels.sum().item<std::int64_t>();
        if (!first_wrong_) {
            first_wrong_ =
                fmt::format("frame {}, x {}, y {}", number, place[1].item<std::int64_t>(),
                            place[0].item<std::int64_t>());
        }
    }

    void conclude() {
        if (first_wrong_) {
            found_.wrong.push_back(fmt::format("{} pixels differ from the source where nothing is "
                                               "recorded; the first at {}",
                                               wrong_, *first_wrong_));
            return;
        }
        if (changing_.empty()) {
            found_.proved.push_back(fmt::format("{} of {} pixels are those of the source, and the "
                                                "other {} lie in the boxes of recorded repairs",
                                                found_.equal, found_.samples, found_.repaired));
            return;
        }
        found_.unproved.push_back(fmt::format("{} pixels outside of recorded repairs: {} may "
                                              "change all of a picture",
                                              found_.changed, fmt::join(changing_, ", ")));
        if (!pipeline_.options().protect.empty()) {
            found_.proved.emplace_back("no pixel differs from the source in regions that are "
                                       "protected from all stages");
        }
    }

    Verification& found_;
    const Project& project_;
    Pipeline pipeline_;
    std::vector<std::pair<std::int64_t, std::set<std::string>>> shots_;
    Ledger ledger_;
    Reader source_, result_;
    std::set<std::string> changing_; ///< stages that may change all of a picture, in any shot
    std::int64_t wrong_ = 0;
    std::optional<std::string> first_wrong_;
};

} // namespace

Verification verify(const Project& project, const std::string& source, const std::string& result,
                    const std::stop_token& stop) {
    Verification found;
    Verifier verifier(project, source, result, found);
    verifier.check_content(source);
    verifier.check_plan();
    if (verifier.can_compare()) {
        verifier.compare(stop);
    }
    return found;
}

} // namespace oldfilm
