#include "ledger_options.hpp"

#include <CLI/CLI.hpp>

namespace cli {
namespace {

using LedgerAction = LedgerArguments::Action;

constexpr const char* ledger_footer = R"(Examples:
  oldfilm ledger show film-project
  oldfilm ledger list film-project --shot s120 --kind dust
  oldfilm ledger reject film-project 17 18
  oldfilm ledger accept film-project --shot s120
  oldfilm ledger export film-project --csv repairs.csv)";

void add_filters(CLI::App& command, LedgerArguments& a) {
    command.add_option("--shot", a.shot, "Of this shot")->type_name("ID");
    command.add_option("--first", a.first, "From this frame on")->type_name("FRAME");
    command.add_option("--last", a.last, "Up to this frame")->type_name("FRAME");
    command.add_option("--series", a.series, "That belong together over frames")->type_name("ID");
    command.add_option("--kind", a.kind, "unknown, dust, hair, running_scratch, stain")
        ->check(CLI::IsMember({"unknown", "dust", "hair", "running_scratch", "stain"}))
        ->type_name("KIND");
    command.add_option("--decision", a.decision, "automatic, accepted, rejected")
        ->check(CLI::IsMember({"automatic", "accepted", "rejected"}))
        ->type_name("WHAT");
}

void add_judging(CLI::App& command, LedgerArguments& a) {
    command.add_option("ID", a.ids, "Repairs; without them, those that the options name");
    add_filters(command, a);
    command.add_flag("--all", a.all, "Every repair of the film");
    command.add_option("--by", a.by, "Who decides; default: the user's name")->type_name("NAME");
}

} // namespace

void add_ledger_options(CLI::App& app, LedgerArguments& a) {
    app.require_subcommand(1);
    app.footer(ledger_footer);
    const auto command = [&](const char* name, const char* about,
                             LedgerAction action) -> CLI::App& {
        CLI::App* made = app.add_subcommand(name, about);
        made->callback([&a, action] { a.action = action; });
        made->add_option("FOLDER", a.folder, "The project")->required();
        return *made;
    };
    CLI::App& list = command("list", "Repairs, one a line", LedgerAction::list);
    add_filters(list, a);
    list.add_option("--most", a.most, "At most so many")->type_name("N");
    auto* const json = list.add_flag("--json", a.json, "As JSON");
    list.add_flag("--csv", a.csv, "As CSV")->excludes(json);
    CLI::App& show = command("show", "Totals, or everything about repairs", LedgerAction::show);
    show.add_option("ID", a.ids, "A repair");
    show.add_flag("--json", a.json, "As JSON");
    add_judging(command("accept", "A person agrees with repairs", LedgerAction::accept), a);
    add_judging(command("reject", "A person wants the original back", LedgerAction::reject), a);
    add_judging(command("reset", "Nobody has judged repairs", LedgerAction::reset), a);
    CLI::App& exporting = command("export", "Write repairs into a file", LedgerAction::write);
    add_filters(exporting, a);
    exporting.add_option("--csv", a.csv_file, "As CSV (RFC 4180)")->type_name("FILE");
    exporting.add_option("--json", a.json_file, "As JSON")->type_name("FILE");
}

} // namespace cli
