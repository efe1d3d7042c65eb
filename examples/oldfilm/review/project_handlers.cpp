// The project: its stages, shots and regions; undo and redo.
#include "session.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/plugins.hpp>
#include <oldfilm/project.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

namespace cli::review {
namespace {

using oldfilm::PluginInfo;
using oldfilm::Project;
using oldfilm::StageOverride;
using oldfilm::StageSpec;

Json value_json(const oldfilm::ParameterValue& value) {
    return std::visit([](const auto& one) { return Json(one); }, value);
}

/// The live parameters of a stage, with their values in the pipeline.
Json live_parameters(const PluginInfo& plugin, const StageSpec& stage) {
    Json live = Json::array();
    Json described = parsed(oldfilm::to_json({plugin}));
    for (Json& parameter : described.at(0).at("parameters")) {
        if (parameter.at("live") == true) {
            const auto set = stage.parameters.find(parameter.at("name").get<std::string>());
            parameter["value"] =
                set != stage.parameters.end() ? value_json(set->second) : parameter.at("default");
            live.push_back(std::move(parameter));
        }
    }
    return live;
}

Json listed_stages(const Project& project) {
    Json stages = Json::array();
    for (const StageSpec& stage : project.pipeline().stages()) {
        const PluginInfo plugin = oldfilm::find_plugin(stage.id);
        stages.push_back({{"id", plugin.name},
                          {"summary", plugin.summary},
                          {"parameters", live_parameters(plugin, stage)}});
    }
    return stages;
}

Json source_of(const Project& project) {
    const oldfilm::ProjectSource& film = project.source();
    return {{"path", project.source_path()},
            {"name", std::filesystem::path(project.source_path()).filename().string()},
            {"frames", film.frames},
            {"width", film.width},
            {"height", film.height},
            {"rate", film.rate.num() > 0 ? film.rate.value() : 0},
            {"checksum", film.checksum}};
}

Json shots_of(const Project& project, Store& store) {
    const auto totals = store.totals_by_shot();
    Json shots = Json::array();
    for (const oldfilm::ProjectShot& shot : project.shots()) {
        Json document = json_of(shot);
        const auto found = totals.find(shot.id);
        document["totals"] =
            json_of(found != totals.end() ? found->second : oldfilm::RepairTotals());
        shots.push_back(std::move(document));
    }
    return shots;
}

/// Why the source cannot be shown; empty if it can.
std::string source_error(const Project& project) {
    try {
        project.check_source();
        return "";
    } catch (const oldfilm::Error& error) {
        return error.what();
    }
}

Json whole(Session& session) {
    const Project project = session.store.project();
    Json document{{"revision", session.store.revision()},
                  {"ledger", session.store.ledger_stamp()},
                  {"folder", project.folder()}};
    document["source"] = source_of(project);
    document["source"]["error"] = source_error(project);
    document["facts"] = parsed(project.facts());
    document["result"] = session.films.result_state();
    document["stages"] = listed_stages(project);
    document["shots"] = shots_of(project, session.store);
    document["regions"] = json_of(project.regions());
    document["history"] = history_of(session.store);
    document["rendering"] = session.rendering.status();
    return document;
}

/// What a page asks for all the time, to learn of what others do.
Json status(Session& session) {
    return {{"revision", session.store.revision()},
            {"ledger", session.store.ledger_stamp()},
            {"history", history_of(session.store)},
            {"rendering", session.rendering.status()}};
}

Change shot_change(const Project& project, const std::string& id, const Json& document) {
    const oldfilm::ProjectShot& now = project.shot(id);
    const oldfilm::ProjectShot next = shot_from(document, now);
    check_overrides(next.stages);
    return {.kind = Change::Kind::shot,
            .label = read_json([&] { return document.value("label", "Change shot " + id); }),
            .from = json_of(now),
            .to = json_of(next)};
}

Change regions_change(const Project& project, const Json& document) {
    return {.kind = Change::Kind::regions,
            .label = read_json([&] { return document.value("label", "Change regions"); }),
            .from = json_of(project.regions()),
            .to = json_of(regions_from(document.at("regions")))};
}

std::string revision_in(const Json& document) {
    return read_json([&] { return document.at("revision").get<std::string>(); });
}

} // namespace

Json history_of(const Store& store) {
    return {{"undo", store.undo_label()}, {"redo", store.redo_label()}};
}

void check_overrides(const std::vector<StageOverride>& overrides) {
    for (const StageOverride& stage : overrides) {
        const PluginInfo plugin = oldfilm::find_plugin(stage.id);
        static_cast<void>(
            oldfilm::check_parameters(plugin.name, plugin.parameters, stage.parameters));
        for (const oldfilm::Parameter& parameter : plugin.parameters) {
            if (!parameter.live && stage.parameters.contains(parameter.name)) {
                throw oldfilm::Error(oldfilm::Errc::invalid_argument,
                                     fmt::format("{} of {} cannot differ from shot to shot",
                                                 parameter.name, plugin.name));
            }
        }
    }
}

void add_project_handlers(Server& server, Session& session) {
    server.get("/api/project", [&session](const Request&) { return answer_with(whole(session)); });
    server.get("/api/status", [&session](const Request&) { return answer_with(status(session)); });
    server.get("/api/shots/([\\w-]+)/curves", [&session](const Request& request) {
        return answer_with(session.curves.of(request.parts.at(0)));
    });
    server.post("/api/shots/([\\w-]+)", [&session](const Request& request) {
        const Json document = parsed(request.body);
        const Change change = shot_change(session.store.project(), request.parts.at(0), document);
        session.store.make(revision_in(document), change);
        return answer_with(status(session));
    });
    server.post("/api/regions", [&session](const Request& request) {
        const Json document = parsed(request.body);
        const Change change =
            read_json([&] { return regions_change(session.store.project(), document); });
        session.store.make(revision_in(document), change);
        return answer_with(status(session));
    });
    server.post("/api/undo", [&session](const Request&) {
        session.store.undo();
        return answer_with(status(session));
    });
    server.post("/api/redo", [&session](const Request&) {
        session.store.redo();
        return answer_with(status(session));
    });
}

} // namespace cli::review
