#include "review_options.hpp"

#include <CLI/CLI.hpp>

namespace cli {
namespace {

constexpr int highest_port = 65535;

} // namespace

void add_review_options(CLI::App& app, ReviewArguments& a) {
    app.footer("The page has the address that is printed, and works on this machine alone. Ctrl-C "
               "ends the review.\nEverything that is decided is in FOLDER/project.json and "
               "FOLDER/ledger.sqlite.");
    app.add_option("FOLDER", a.folder, "The project")->required();
    app.add_option("--result", a.result,
                   "What it was, or is to be, rendered to; default: the last output, or "
                   "FOLDER/restored.mkv")
        ->type_name("FILE");
    app.add_option("--port", a.port, "The port of the page; default: any that is free")
        ->type_name("N")
        ->check(CLI::Range(1, highest_port));
    app.add_flag_callback(
        "--no-browser", [&a] { a.browser = false; }, "Do not open a browser; print the address");
    app.add_option("--device", a.device, "auto, cpu, cuda, cuda:N")->type_name("NAME");
}

void add_report_options(CLI::App& app, ReportArguments& a) {
    app.footer("The page is FOLDER/report/index.html, and report.json next to it has the same.");
    app.add_option("FOLDER", a.folder, "The project")->required();
    app.add_option("--out", a.out, "The folder of the report; default: FOLDER/report")
        ->type_name("DIR");
    app.add_option("--result", a.result, "What it was rendered to; default: the last output")
        ->type_name("FILE");
}

} // namespace cli
