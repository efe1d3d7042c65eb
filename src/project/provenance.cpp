#include "media/metadata.hpp"
#include "media/sha256.hpp"
#include "project/source_file.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/ledger.hpp>
#include <oldfilm/plugins.hpp>
#include <oldfilm/provenance.hpp>
#include <oldfilm/version.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

namespace oldfilm {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// What a stage does, in C2PA's words (`action`), and how (`source`, of IPTC's NewsCodes).
struct StageAction {
    std::string_view stage;
    const char* action;
    const char* source;
};

constexpr const char* by_algorithm = "algorithmicallyEnhanced";
constexpr const char* by_network = "compositeWithTrainedAlgorithmicMedia";

constexpr std::array stage_actions{
    StageAction{"colorize", "c2pa.color_adjustments", by_network},
    StageAction{"deflicker", "c2pa.color_adjustments", by_algorithm},
    StageAction{"denoise", "c2pa.filtered", by_network},
    StageAction{"face-enhance", "c2pa.edited", by_network},
    StageAction{"fade-correct", "c2pa.color_adjustments", by_algorithm},
    StageAction{"grain", "c2pa.filtered", by_algorithm},
    StageAction{"interpolate", "c2pa.edited", by_network},
    StageAction{"scratch-removal", "c2pa.edited", by_network},
    StageAction{"stabilize", "c2pa.orientation", by_algorithm},
    StageAction{"superres", "c2pa.resized", by_network},
    StageAction{"tint", "c2pa.color_adjustments", by_algorithm},
    StageAction{"title-card", "c2pa.filtered", by_algorithm},
};

/// Stages of others may do anything.
StageAction action_of(const std::string& id) {
    for (const StageAction& one : stage_actions) {
        if (id == fmt::format("org.oldfilm.{}", one.stage)) {
            return one;
        }
    }
    return {"", "c2pa.unknown", by_network};
}

/// By the extension; C2PA names formats by their media types.
std::string media_type(const fs::path& path) {
    static constexpr std::array types{
        std::pair{".mp4", "video/mp4"},        std::pair{".mov", "video/quicktime"},
        std::pair{".mkv", "video/x-matroska"}, std::pair{".webm", "video/webm"},
        std::pair{".avi", "video/x-msvideo"},  std::pair{".mxf", "application/mxf"},
        std::pair{".png", "image/png"},        std::pair{".jpg", "image/jpeg"},
        std::pair{".tif", "image/tiff"},       std::pair{".tiff", "image/tiff"},
        std::pair{".dpx", "image/x-dpx"},      std::pair{".exr", "image/x-exr"},
    };
    const std::string extension = path.extension().string();
    const auto* const found = std::find_if(types.begin(), types.end(),
                                           [&](const auto& one) { return one.first == extension; });
    return found != types.end() ? found->second : "application/octet-stream";
}

/// Of a file, or of all pictures of a sequence, in the order of their names.
std::string digest_of_film(const std::string& path, const std::stop_token& stop) {
    media::Sha256 digest;
    for (const fs::path& file : project::film_files(path)) {
        digest.add_file(file, stop);
    }
    return digest.finish();
}

std::string digest_of_text(const std::string& text) {
    media::Sha256 digest;
    digest.add(text);
    return digest.finish();
}

ProjectRendering finished_rendering(const Project& project) {
    const std::optional<ProjectRendering> rendering = last_rendering(project);
    if (!rendering || rendering->finished.empty()) {
        throw Error(Errc::not_found,
                    fmt::format("the project {} has no finished rendering; make one (oldfilm "
                                "restore --project)",
                                project.folder()));
    }
    return *rendering;
}

ordered_json software() {
    return {{"name", "oldfilm"}, {"version", version()}};
}

ordered_json actions_of(const ordered_json& plan, const ProjectRendering& rendering) {
    ordered_json actions = ordered_json::array();
    actions.push_back({{"action", "c2pa.opened"},
                       {"when", rendering.begun},
                       {"softwareAgent", software()},
                       {"parameters", {{"ingredientIds", ordered_json::array({"source"})}}}});
    for (const ordered_json& stage : plan.at("stages")) {
        const std::string id = stage.at("id").get<std::string>();
        const StageAction action = action_of(id);
        actions.push_back(
            {{"action", action.action},
             {"when", rendering.finished},
             {"softwareAgent", software()},
             {"digitalSourceType",
              fmt::format("http://cv.iptc.org/newscodes/digitalsourcetype/{}", action.source)},
             {"parameters",
              {{"org.oldfilm.stage", id},
               {"org.oldfilm.version", stage.at("version")},
               {"org.oldfilm.parameters", stage.at("parameters")}}}});
    }
    return {{"label", "c2pa.actions.v2"}, {"data", {{"actions", std::move(actions)}}}};
}

ordered_json totals_of(const Project& project) {
    const RepairTotals totals = Ledger(project.folder()).totals();
    ordered_json evidence = ordered_json::object();
    for (const Evidence kind : all_evidence) {
        evidence[to_string(kind)] = totals.share_of(kind);
    }
    return {{"frames", totals.frames},     {"repairs", totals.repairs},
            {"accepted", totals.accepted}, {"rejected", totals.rejected},
            {"repaired", totals.share},    {"evidence", std::move(evidence)}};
}

ordered_json restoration(const Project& project, const ProjectRendering& rendering,
                         const std::string& plan, const std::stop_token& stop) {
    media::Sha256 document;
    document.add_file(fs::path(project.folder()) / "project.json");
    const ProjectSource& source = project.source();
    return {{"label", "org.oldfilm.restoration"},
            {"data",
             {{"source",
               {{"bytes", source.bytes},
                {"frames", source.frames},
                {"sha256", digest_of_film(project.source_path(), stop)}}},
              {"project", {{"sha256", document.finish()}}},
              {"plan", {{"sha256", digest_of_text(plan)}}},
              {"files", ordered_json::parse(plan).at("files")}, // models and plugins, XXH3
              {"result",
               {{"bytes", rendering.bytes}, {"sha256", digest_of_film(rendering.output, stop)}}},
              {"ledger", totals_of(project)}}}};
}

std::string plan_of(const ProjectRendering& rendering) {
    const Reader result(rendering.output);
    std::string plan = media::metadata_of(result, "oldfilm_plan");
    const auto parsed = ordered_json::parse(plan, nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_object() || !parsed.contains("stages") || !parsed.contains("files")) {
        throw Error(Errc::incompatible,
                    fmt::format("{} must have the plan of its rendering in its metadata, and has "
                                "none; render into a container that keeps it, such as .mkv",
                                rendering.output));
    }
    return plan;
}

/// Another program may have replaced the file since.
void check_result(const ProjectRendering& rendering) {
    std::error_code missing;
    const auto bytes = fs::file_size(rendering.output, missing);
    if (missing) {
        throw Error(Errc::not_found,
                    fmt::format("the last rendering, {}, is not there; render the project again",
                                rendering.output));
    }
    if (static_cast<std::int64_t>(bytes) != rendering.bytes) {
        throw Error(Errc::incompatible,
                    fmt::format("{} has {} bytes, and the last rendering had {}; render the "
                                "project again",
                                rendering.output, bytes, rendering.bytes));
    }
}

} // namespace

std::string c2pa_manifest(const Project& project, const std::stop_token& stop) {
    project.check_source();
    const ProjectRendering rendering = finished_rendering(project);
    check_result(rendering);
    const std::string plan = plan_of(rendering);
    const fs::path result(rendering.output);
    const fs::path source(project.source_path());
    const ordered_json manifest{
        {"claim_generator_info", ordered_json::array({software()})},
        {"title", result.filename().string()},
        {"format", media_type(result)},
        {"ingredients", ordered_json::array({{{"title", source.filename().string()},
                                              {"format", media_type(source)},
                                              {"relationship", "parentOf"},
                                              {"label", "source"}}})},
        {"assertions", ordered_json::array({actions_of(ordered_json::parse(plan), rendering),
                                            restoration(project, rendering, plan, stop)})}};
    return manifest.dump(2) + "\n";
}

} // namespace oldfilm
