#include "documents.hpp"

#include "../evidence_view.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <array>
#include <utility>

namespace cli::review {
namespace {

using oldfilm::PictureKind;
using oldfilm::ProjectRegion;
using oldfilm::ProjectShot;
using oldfilm::StageOverride;

/// The enumerator of this name. Throws `oldfilm::Error`.
template <class Enumerator, std::size_t count>
Enumerator named(const char* what, const std::string& name,
                 const std::array<Enumerator, count>& all) {
    std::string names;
    for (const Enumerator one : all) {
        if (name == to_string(one)) {
            return one;
        }
        names += fmt::format("{}{}", names.empty() ? "" : ", ", to_string(one));
    }
    refuse(fmt::format("{} is one of {}, found \"{}\"", what, names, name));
}

oldfilm::ParameterValue value_from(const Json& value) {
    if (value.is_boolean()) {
        return value.get<bool>();
    }
    if (value.is_number_integer()) {
        return value.get<std::int64_t>();
    }
    if (value.is_number()) {
        return value.get<double>();
    }
    return value.get<std::string>();
}

Json override_json(const StageOverride& stage) {
    if (!stage.enabled) {
        return false;
    }
    Json values = Json::object();
    for (const auto& [name, value] : stage.parameters) {
        std::visit([&values, &name = name](const auto& one) { values[name] = one; }, value);
    }
    return values;
}

StageOverride stage_from(const std::string& id, const Json& document) {
    StageOverride stage{.id = id, .enabled = true, .parameters = {}};
    if (document.is_boolean()) {
        stage.enabled = document.get<bool>();
        return stage;
    }
    for (const auto& [name, value] : document.items()) {
        stage.parameters[name] = value_from(value);
    }
    return stage;
}

ProjectRegion region_from(const Json& document) {
    using Action = ProjectRegion::Action;
    ProjectRegion region;
    region.id = document.at("id").get<std::string>();
    region.action = named("action", document.at("action").get<std::string>(),
                          std::array{Action::protect, Action::repair, Action::ignore});
    region.first = document.at("first").get<std::int64_t>();
    region.last = document.at("last").get<std::int64_t>();
    region.polygon = document.at("polygon").get<std::vector<ProjectRegion::Point>>();
    region.note = document.value("note", "");
    return region;
}

} // namespace

void refuse(const std::string& why) {
    throw oldfilm::Error(oldfilm::Errc::invalid_argument,
                         fmt::format("the request is not understood: {}", why));
}

Json parsed(const std::string& text) {
    return read_json([&text] { return Json::parse(text); });
}

Json json_of(const ProjectShot& shot) {
    Json stages = Json::object();
    for (const StageOverride& stage : shot.stages) {
        stages[stage.id] = override_json(stage);
    }
    return {{"id", shot.id},
            {"first", shot.first},
            {"last", shot.last},
            {"kind", to_string(shot.kind)},
            {"excluded", shot.excluded},
            {"stages", std::move(stages)},
            {"note", shot.note}};
}

ProjectShot shot_from(const Json& document, ProjectShot shot) {
    return read_json([&] {
        shot.kind = named("kind", document.at("kind").get<std::string>(),
                          std::array{PictureKind::picture, PictureKind::title_card,
                                     PictureKind::leader, PictureKind::black});
        shot.excluded = document.at("excluded").get<bool>();
        shot.note = document.at("note").get<std::string>();
        shot.stages.clear();
        for (const auto& [id, stage] : document.at("stages").items()) {
            shot.stages.push_back(stage_from(id, stage));
        }
        return shot;
    });
}

Json json_of(const std::vector<ProjectRegion>& regions) {
    Json list = Json::array();
    for (const ProjectRegion& region : regions) {
        list.push_back({{"id", region.id},
                        {"action", to_string(region.action)},
                        {"first", region.first},
                        {"last", region.last},
                        {"polygon", region.polygon},
                        {"note", region.note}});
    }
    return list;
}

std::vector<ProjectRegion> regions_from(const Json& document) {
    return read_json([&] {
        std::vector<ProjectRegion> regions;
        for (const Json& region : document) {
            regions.push_back(region_from(region));
        }
        return regions;
    });
}

Json json_of(const oldfilm::RepairTotals& totals) {
    return {{"evidence", evidence_json(totals)}, {"frames", totals.frames},
            {"repairs", totals.repairs},         {"accepted", totals.accepted},
            {"rejected", totals.rejected},       {"share", totals.share}};
}

oldfilm::RepairDecision decision_from(const std::string& name) {
    using oldfilm::RepairDecision;
    return named(
        "decision", name,
        std::array{RepairDecision::automatic, RepairDecision::accepted, RepairDecision::rejected});
}

} // namespace cli::review
