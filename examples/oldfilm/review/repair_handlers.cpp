// Repairs of a shot, and what is decided about them.
#include "session.hpp"
#include "suspicion.hpp"

#include <oldfilm/ledger.hpp>
#include <oldfilm/project.hpp>

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace cli::review {
namespace {

using oldfilm::Project;
using oldfilm::Repair;
using oldfilm::RepairFilter;

/// More are not judged one by one; filters of `oldfilm ledger` are for them.
constexpr std::size_t most_series = 2000;

Json repair_json(const Repair& repair) {
    return {{"id", repair.id},
            {"frame", repair.frame},
            {"box", {repair.left, repair.top, repair.width, repair.height}},
            {"area", repair.area},
            {"decision", to_string(repair.decision)},
            {"by", repair.by},
            {"present", repair.present}};
}

Json series_json(const RepairSeries& series) {
    Json repairs = Json::array();
    for (const Repair& repair : series.repairs) {
        repairs.push_back(repair_json(repair));
    }
    const Repair& first = series.repairs.front();
    return {{"series", first.series},
            {"kind", to_string(first.kind)},
            {"stage", first.stage},
            {"first", first.frame},
            {"last", series.repairs.back().frame},
            {"frames", series.frames},
            {"area", series.area},
            {"change", series.change},
            {"suspicion", series.suspicion},
            {"repairs", std::move(repairs)}};
}

Json repairs_of(Store& store, const std::string& shot) {
    const Project project = store.project();
    RepairFilter filter;
    filter.shot = project.shot(shot).id;
    const std::vector<RepairSeries> series =
        by_suspicion(store.repairs(filter), project.source().width * project.source().height);
    Json list = Json::array();
    for (std::size_t i = 0; i < std::min(series.size(), most_series); ++i) {
        list.push_back(series_json(series[i]));
    }
    return {{"shot", shot},
            {"ledger", store.ledger_stamp()},
            {"total", series.size()},
            {"series", std::move(list)},
            {"totals", json_of(store.totals(shot))}};
}

/// {"decisions": [{"id": 17, "was": "automatic", "decision": "rejected"}], "label"}.
Change decisions_change(const Json& document) {
    Change change{.kind = Change::Kind::decisions,
                  .label = document.value("label", "Judge repairs"),
                  .from = Json::object(),
                  .to = Json::object()};
    for (const Json& one : document.at("decisions")) {
        const std::string id = fmt::format("{}", one.at("id").get<std::int64_t>());
        change.from[id] = to_string(decision_from(one.at("was").get<std::string>()));
        change.to[id] = to_string(decision_from(one.at("decision").get<std::string>()));
    }
    if (change.to.empty()) {
        refuse("no repair is named");
    }
    return change;
}

} // namespace

void add_repair_handlers(Server& server, Session& session) {
    server.get("/api/shots/([\\w-]+)/repairs", [&session](const Request& request) {
        return answer_with(repairs_of(session.store, request.parts.at(0)));
    });
    server.post("/api/decisions", [&session](const Request& request) {
        const Json document = parsed(request.body);
        session.store.make("", read_json([&] { return decisions_change(document); }));
        return answer_with(
            {{"history", history_of(session.store)}, {"ledger", session.store.ledger_stamp()}});
    });
}

} // namespace cli::review
