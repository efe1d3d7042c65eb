#include "project/project_file.hpp"

#include "base/named.hpp"
#include "project/document.hpp"
#include "project/shot_edits.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace oldfilm::project {
namespace {

constexpr std::array picture_kinds{PictureKind::picture, PictureKind::title_card,
                                   PictureKind::leader, PictureKind::black};
constexpr std::array actions{RegionAction::protect, RegionAction::repair, RegionAction::ignore};

/// The enumerator that has this name.
template <class Enumerators>
auto named(const Place& place, const Enumerators& all) {
    const std::string name = place.text();
    if (const auto found = base::named(name, all)) {
        return *found;
    }
    std::string known;
    for (const auto one : all) {
        known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", to_string(one));
    }
    place.refuse(fmt::format("expected one of {}, found \"{}\"", known, name));
}

std::string id_of(const Place& place) {
    std::string id = place.text();
    if (!is_valid_id(id)) {
        place.refuse(fmt::format("expected an id of letters, digits, - and _, found \"{}\"", id));
    }
    return id;
}

std::string text_or_none(const Place& object, const char* name) {
    const std::optional<Place> found = object.find(name);
    return found ? found->text() : "";
}

ProjectSource source_from(const Place& place) {
    place.check_members(
        {"path", "bytes", "checksum", "ends", "frames", "width", "height", "rate", "deinterlace"});
    ProjectSource source;
    source.path = place.at("path").text();
    source.bytes = place.at("bytes").integer();
    source.checksum = place.at("checksum").text();
    source.ends = place.at("ends").text();
    source.frames = place.at("frames").integer(1);
    source.width = place.at("width").integer(1);
    source.height = place.at("height").integer(1);
    const Place rate = place.at("rate");
    try {
        source.rate = Rational::parse(rate.text());
    } catch (const Error& error) {
        rate.refuse(error.what());
    }
    source.deinterlace = place.at("deinterlace").boolean();
    return source;
}

ParameterValue value_from(const Place& place) {
    const Json& value = place.value();
    if (value.is_boolean()) {
        return value.get<bool>();
    }
    if (value.is_number_integer()) {
        return value.get<std::int64_t>();
    }
    if (value.is_number()) {
        return value.get<double>();
    }
    if (value.is_string()) {
        return value.get<std::string>();
    }
    place.refuse(fmt::format("expected a number, text, true or false, found {}", line_of(value)));
}

StageOverride stage_from(const std::string& id, const Place& place) {
    StageOverride stage{.id = id, .enabled = true, .parameters = {}};
    if (place.value().is_boolean()) {
        stage.enabled = place.boolean();
        return stage;
    }
    if (!place.value().is_object()) {
        place.refuse(fmt::format("expected false (the stage is off), or an object with "
                                 "parameters, found {}",
                                 line_of(place.value())));
    }
    for (const auto& [name, value] : place.members()) {
        stage.parameters[name] = value_from(value);
    }
    return stage;
}

ProjectShot shot_from(const Place& place) {
    place.check_members({"id", "first", "last", "kind", "excluded", "stages", "note"});
    ProjectShot shot;
    shot.id = id_of(place.at("id"));
    shot.first = place.at("first").integer();
    shot.last = place.at("last").integer(shot.first);
    shot.kind = named(place.at("kind"), picture_kinds);
    if (const auto excluded = place.find("excluded")) {
        shot.excluded = excluded->boolean();
    }
    if (const auto stages = place.find("stages")) {
        for (const auto& [id, stage] : stages->members()) {
            shot.stages.push_back(stage_from(id, stage));
        }
    }
    shot.note = text_or_none(place, "note");
    return shot;
}

std::vector<ProjectShot> shots_from(const Place& place, const ProjectSource& source) {
    std::vector<ProjectShot> shots;
    std::int64_t next = 0;
    const std::vector<Place> elements = place.elements();
    for (const Place& element : elements) {
        ProjectShot shot = shot_from(element);
        if (shot.first != next) {
            element.at("first").refuse(
                fmt::format("expected {}, since shots follow one another without gaps, found {}",
                            next, shot.first));
        }
        if (has_shot(shots, shot.id)) {
            element.at("id").refuse(fmt::format("there are two shots \"{}\"", shot.id));
        }
        next = shot.last + 1;
        shots.push_back(std::move(shot));
    }
    if (next != source.frames) {
        (elements.empty() ? place : elements.back().at("last"))
            .refuse(fmt::format("the shots must end with frame {}, the film's last one, found {}",
                                source.frames - 1, next - 1));
    }
    return shots;
}

ProjectRegion::Point point_from(const Place& place) {
    const std::vector<Place> numbers = place.elements();
    if (numbers.size() != 2) {
        place.refuse(fmt::format("expected [x, y], found {}", line_of(place.value())));
    }
    return {numbers[0].number(), numbers[1].number()};
}

ProjectRegion region_from(const Place& place, const ProjectSource& source) {
    place.check_members({"id", "action", "first", "last", "polygon", "note"});
    ProjectRegion region;
    region.id = id_of(place.at("id"));
    region.action = named(place.at("action"), actions);
    region.first = place.at("first").integer();
    region.last = place.at("last").integer(region.first);
    for (const Place& point : place.at("polygon").elements()) {
        region.polygon.push_back(point_from(point));
    }
    region.note = text_or_none(place, "note");
    if (const std::string why = why_invalid(region, source); !why.empty()) {
        place.refuse(why);
    }
    return region;
}

ProjectDecision decision_from(const Place& place) {
    place.check_members({"about", "choice", "shot", "reason", "by", "when"});
    return {.about = place.at("about").text(),
            .choice = place.at("choice").text(),
            .shot = text_or_none(place, "shot"),
            .reason = text_or_none(place, "reason"),
            .by = text_or_none(place, "by"),
            .when = text_or_none(place, "when")};
}

void check_version(const Place& root) {
    const Place version = root.at("oldfilm_project");
    if (version.integer() > document_version) {
        throw Error(Errc::incompatible,
                    fmt::format("the project has version {}, and this oldfilm reads versions up to "
                                "{}; use a newer oldfilm",
                                version.integer(), document_version));
    }
    if (version.integer() < 1) {
        version.refuse("expected a version from 1 on");
    }
}

Json value_json(const ParameterValue& value) {
    return std::visit([](const auto& one) { return Json(one); }, value);
}

Json stages_of(const ProjectShot& shot) {
    std::vector<StageOverride> sorted = shot.stages;
    std::sort(sorted.begin(), sorted.end(),
              [](const StageOverride& a, const StageOverride& b) { return a.id < b.id; });
    Json stages = Json::object();
    for (const StageOverride& stage : sorted) {
        Json& made = stages[stage.id] = stage.enabled ? Json(Json::object()) : Json(false);
        for (const auto& [name, value] : stage.parameters) {
            if (stage.enabled) {
                made[name] = value_json(value);
            }
        }
    }
    return stages;
}

void add_text(Json& object, const char* name, const std::string& text) {
    if (!text.empty()) {
        object[name] = text;
    }
}

Json json_of(const ProjectShot& shot) {
    Json object{{"id", shot.id},
                {"first", shot.first},
                {"last", shot.last},
                {"kind", to_string(shot.kind)}};
    if (shot.excluded) {
        object["excluded"] = true;
    }
    if (!shot.stages.empty()) {
        object["stages"] = stages_of(shot);
    }
    add_text(object, "note", shot.note);
    return object;
}

Json json_of(const ProjectRegion& region) {
    Json object{{"id", region.id},
                {"action", to_string(region.action)},
                {"first", region.first},
                {"last", region.last},
                {"polygon", region.polygon}};
    add_text(object, "note", region.note);
    return object;
}

Json json_of(const ProjectDecision& decision) {
    Json object{{"about", decision.about}, {"choice", decision.choice}};
    add_text(object, "shot", decision.shot);
    add_text(object, "reason", decision.reason);
    add_text(object, "by", decision.by);
    add_text(object, "when", decision.when);
    return object;
}

Json json_of(const ProjectSource& source) {
    return {{"path", source.path},
            {"bytes", source.bytes},
            {"checksum", source.checksum},
            {"ends", source.ends},
            {"frames", source.frames},
            {"width", source.width},
            {"height", source.height},
            {"rate", source.rate.to_string()},
            {"deinterlace", source.deinterlace}};
}

/// An array with an element a line.
template <class Elements>
std::string lines_of(const Elements& elements) {
    std::string lines;
    for (const auto& element : elements) {
        lines += fmt::format("{}\n    {}", lines.empty() ? "" : ",", line_of(json_of(element)));
    }
    return lines.empty() ? "[]" : "[" + lines + "\n  ]";
}

/// JSON in lines, as the value of a member of the document.
std::string indented(const Json& value) {
    std::string text = value.dump(2);
    for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 3)) {
        text.insert(at + 1, "  ");
    }
    return text;
}

} // namespace

State parse_project(const std::string& text, const std::string& name) {
    const Document document(text, name);
    const Place root = document.root();
    check_version(root);
    root.check_members(
        {"oldfilm_project", "source", "facts", "pipeline", "shots", "regions", "decisions"});
    State state;
    state.source = source_from(root.at("source"));
    static_cast<void>(root.at("facts").members());
    state.facts = root.at("facts").value().dump();
    const Place pipeline = root.at("pipeline");
    pipeline.check_members({"oldfilm", "stages"}); // where it runs is not of the project
    static_cast<void>(pipeline.at("oldfilm").integer(1));
    for (const Place& stage : pipeline.at("stages").elements()) {
        static_cast<void>(stage.at("id").text());
    }
    state.pipeline = pipeline.value().dump();
    state.shots = shots_from(root.at("shots"), state.source);
    for (const Place& region : root.at("regions").elements()) {
        state.regions.push_back(region_from(region, state.source));
        const auto& id = state.regions.back().id;
        if (std::count_if(state.regions.begin(), state.regions.end(),
                          [&id](const ProjectRegion& other) { return other.id == id; }) > 1) {
            region.at("id").refuse(fmt::format("there are two regions \"{}\"", id));
        }
    }
    for (const Place& decision : root.at("decisions").elements()) {
        state.decisions.push_back(decision_from(decision));
    }
    return state;
}

std::string text_of(const State& state) {
    try {
        return fmt::format("{{\n  \"oldfilm_project\": {},\n  \"source\": {},\n  \"facts\": {},\n"
                           "  \"pipeline\": {},\n  \"shots\": {},\n  \"regions\": {},\n"
                           "  \"decisions\": {}\n}}\n",
                           document_version, indented(json_of(state.source)),
                           indented(Json::parse(state.facts)),
                           indented(Json::parse(state.pipeline)), lines_of(state.shots),
                           lines_of(state.regions), lines_of(state.decisions));
    } catch (const Json::type_error& error) {
        throw Error(Errc::invalid_argument,
                    fmt::format("a text of the project is not UTF-8 ({}); rename the film, or "
                                "correct the text",
                                error.what()));
    }
}

std::string stages_json(const ProjectShot& shot) {
    return line_of(stages_of(shot));
}

} // namespace oldfilm::project
