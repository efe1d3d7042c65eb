#include "commands.hpp"
#include "evidence_view.hpp"
#include "exit_status.hpp"
#include "ledger_view.hpp"
#include "user_name.hpp"
#include "write_file.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/ledger.hpp>
#include <oldfilm/project.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <string>
#include <vector>

namespace cli {
namespace {

using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::Ledger;
using oldfilm::Repair;
using oldfilm::RepairDecision;
using oldfilm::RepairFilter;
using oldfilm::RepairKind;
using oldfilm::RepairTotals;
using LedgerAction = LedgerArguments::Action;

/// The enumerator of this name; nothing for an empty one.
template <class Enumerator>
std::optional<Enumerator> named(const std::string& name, std::initializer_list<Enumerator> all) {
    for (const Enumerator one : all) {
        if (name == to_string(one)) {
            return one;
        }
    }
    return std::nullopt;
}

RepairFilter filter_of(const LedgerArguments& arguments) {
    RepairFilter filter;
    filter.ids = arguments.ids;
    filter.shot = arguments.shot;
    filter.first = arguments.first;
    filter.last = arguments.last;
    filter.series = arguments.series;
    filter.kind = named(arguments.kind, {RepairKind::unknown, RepairKind::dust, RepairKind::hair,
                                         RepairKind::running_scratch, RepairKind::stain});
    filter.decision =
        named(arguments.decision,
              {RepairDecision::automatic, RepairDecision::accepted, RepairDecision::rejected});
    filter.most = arguments.most;
    return filter;
}

/// A shot that is misspelled is no shot without repairs.
void check_shot(const LedgerArguments& arguments) {
    if (!arguments.shot.empty()) {
        static_cast<void>(oldfilm::Project::open(arguments.folder).shot(arguments.shot));
    }
}

std::string line_of(const char* name, const RepairTotals& totals) {
    return fmt::format(
        "  {:15} {:>7} frames {:>9} repairs {:>9.4f} % repaired {:>6} accepted {:>6} "
        "rejected\n",
        name, totals.frames, totals.repairs, totals.share * 100, totals.accepted, totals.rejected);
}

nlohmann::ordered_json object_of(const char* name, const RepairTotals& totals) {
    return {{"shot", name},
            {"frames", totals.frames},
            {"repairs", totals.repairs},
            {"share", totals.share},
            {"accepted", totals.accepted},
            {"rejected", totals.rejected},
            {"evidence", evidence_json(totals)}};
}

int show_totals(const Ledger& ledger, const LedgerArguments& arguments) {
    const RepairTotals film = ledger.totals();
    nlohmann::ordered_json document = object_of("", film);
    document.erase("shot");
    std::string lines = line_of("film", film);
    if (const std::string evidence = evidence_text(document.at("evidence")); !evidence.empty()) {
        lines += fmt::format("  {}\n", evidence);
    }
    const oldfilm::Project project = oldfilm::Project::open(arguments.folder);
    const std::map<std::string, RepairTotals> by_shot = ledger.totals_by_shot();
    for (const oldfilm::ProjectShot& shot : project.shots()) {
        const auto found = by_shot.find(shot.id);
        const RepairTotals totals = found != by_shot.end() ? found->second : RepairTotals();
        document["shots"].push_back(object_of(shot.id.c_str(), totals));
        lines += line_of(shot.id.c_str(), totals);
    }
    fmt::print("{}", arguments.json ? document.dump(2) + "\n" : lines);
    return done;
}

std::vector<Repair> found(const Ledger& ledger, const RepairFilter& filter) {
    std::vector<Repair> repairs = ledger.list(filter);
    if (!filter.ids.empty() && repairs.size() < filter.ids.size()) {
        throw Error(Errc::not_found,
                    fmt::format("{} of {} repairs are in the ledger; oldfilm ledger list lists "
                                "them",
                                repairs.size(), filter.ids.size()));
    }
    return repairs;
}

int show(const Ledger& ledger, const LedgerArguments& arguments) {
    if (arguments.ids.empty()) {
        return show_totals(ledger, arguments);
    }
    const std::vector<Repair> repairs = found(ledger, filter_of(arguments));
    if (arguments.json) {
        fmt::print("{}", json_of(repairs));
        return done;
    }
    for (const Repair& repair : repairs) {
        fmt::print("{}", table_of({repair}));
        fmt::print("  stage {}, source {}, confidence {}\n",
                   repair.stage.empty() ? "unknown" : repair.stage, to_string(repair.source),
                   repair.confidence ? fmt::format("{}", *repair.confidence) : "unknown");
        if (!repair.by.empty()) {
            fmt::print("  {} by {} at {}\n", to_string(repair.decision), repair.by, repair.when);
        }
    }
    return done;
}

int judge(Ledger& ledger, const LedgerArguments& arguments, RepairDecision decision) {
    const bool is_named = !arguments.ids.empty() || !arguments.shot.empty() || arguments.first ||
                          arguments.last || arguments.series || !arguments.kind.empty() ||
                          !arguments.decision.empty();
    if (!is_named && !arguments.all) {
        throw Error(Errc::invalid_argument,
                    "expected ids of repairs, or options that say which; --all means every repair");
    }
    const RepairFilter filter = filter_of(arguments);
    static_cast<void>(found(ledger, filter));
    const std::int64_t judged =
        ledger.decide(filter, decision, arguments.by.empty() ? user_name() : arguments.by);
    fmt::print("{} {}\n", judged, to_string(decision));
    return done;
}

int export_to(const Ledger& ledger, const LedgerArguments& arguments) {
    if (arguments.csv_file.empty() && arguments.json_file.empty()) {
        throw Error(Errc::invalid_argument, "expected --csv FILE or --json FILE");
    }
    const std::vector<Repair> repairs = ledger.list(filter_of(arguments));
    if (!arguments.csv_file.empty()) {
        write_file(arguments.csv_file, csv_of(repairs));
    }
    if (!arguments.json_file.empty()) {
        write_file(arguments.json_file, json_of(repairs));
    }
    return done;
}

int run(const LedgerArguments& arguments) {
    Ledger ledger(arguments.folder);
    check_shot(arguments);
    switch (arguments.action) {
    case LedgerAction::show:
        return show(ledger, arguments);
    case LedgerAction::accept:
        return judge(ledger, arguments, RepairDecision::accepted);
    case LedgerAction::reject:
        return judge(ledger, arguments, RepairDecision::rejected);
    case LedgerAction::reset:
        return judge(ledger, arguments, RepairDecision::automatic);
    case LedgerAction::write:
        return export_to(ledger, arguments);
    case LedgerAction::list:
        break;
    }
    const std::vector<Repair> repairs = ledger.list(filter_of(arguments));
    fmt::print("{}", arguments.json  ? json_of(repairs)
                     : arguments.csv ? csv_of(repairs)
                                     : table_of(repairs));
    return done;
}

} // namespace

int ledger(const LedgerArguments& arguments) {
    return guarded(usage_status, [&] { return run(arguments); });
}

} // namespace cli
