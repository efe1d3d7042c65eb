// What stages leave alone in single shots.
#include "base/stage_id.hpp"

#include <oldfilm/analysis.hpp>
#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <variant>

namespace oldfilm {
namespace {

/// As the stage `tint` has them.
std::string colors_text(const Tint& tint) {
    std::string text;
    for (const Tint::Color& color : tint.colors) {
        text += text.empty() ? "" : " ";
        for (const double value : color) {
            text += fmt::format("{:02x}", std::lround(255 * std::clamp(value, 0.0, 1.0)));
        }
    }
    return text;
}

bool is_left_alone(const std::string& stage, const ShotFacts& shot) {
    if (stage == "org.oldfilm.tint") {
        return shot.coloring != Coloring::tinted;
    }
    if (stage == "org.oldfilm.colorize") {
        return shot.kind != PictureKind::picture || shot.coloring != Coloring::black_and_white;
    }
    if (stage == "org.oldfilm.title-card") {
        return shot.kind != PictureKind::title_card;
    }
    if (stage == "org.oldfilm.interpolate") {
        return shot.kind == PictureKind::title_card;
    }
    return stage == "org.oldfilm.face-enhance" && shot.kind != PictureKind::picture;
}

/// Full ids of the pipeline's stages, each once.
std::vector<std::string> stages_of(const Pipeline& pipeline) {
    std::vector<std::string> ids;
    for (const StageSpec& stage : pipeline.stages()) {
        ids.push_back(base::full_id(stage.id));
    }
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    return ids;
}

/// How many times larger `superres` makes the film.
double scale_of(const Pipeline& pipeline) {
    double scale = 1;
    for (const StageSpec& stage : pipeline.stages()) {
        const auto given = stage.parameters.find("scale");
        if (base::full_id(stage.id) == "org.oldfilm.superres") {
            const auto* number =
                given == stage.parameters.end() ? nullptr : std::get_if<double>(&given->second);
            scale *= number == nullptr ? 2 : *number;
        }
    }
    return scale;
}

/// What a stage has to know of a shot; nothing for most.
ParameterValues parameters_for(const std::string& stage, const ShotFacts& shot, double scale) {
    if (stage == "org.oldfilm.tint") {
        return {{"colors", colors_text(shot.tint)}};
    }
    if (stage == "org.oldfilm.grain" && shot.grain_sigma >= 0) {
        return {{"sigma", std::min(shot.grain_sigma, 40.0)},
                {"size", std::min(shot.grain_size * scale, 4.0)}};
    }
    return {};
}

} // namespace

std::map<std::int64_t, std::vector<StageOverride>> overrides_for(const FilmFacts& facts,
                                                                 const Pipeline& pipeline) {
    if (facts.sampled) {
        throw Error(Errc::invalid_argument, "overrides need facts of all shots of the film, found "
                                            "those of a sample; set AnalysisOptions::full");
    }
    const std::vector<std::string> stages = stages_of(pipeline);
    const double scale = scale_of(pipeline);
    std::map<std::int64_t, std::vector<StageOverride>> overrides;
    for (const ShotFacts& shot : facts.shots) {
        for (const std::string& stage : stages) {
            if (is_left_alone(stage, shot)) {
                overrides[shot.first].push_back({.id = stage, .enabled = false, .parameters = {}});
            } else if (ParameterValues values = parameters_for(stage, shot, scale);
                       !values.empty()) {
                overrides[shot.first].push_back(
                    {.id = stage, .enabled = true, .parameters = std::move(values)});
            }
        }
    }
    return overrides;
}

} // namespace oldfilm
