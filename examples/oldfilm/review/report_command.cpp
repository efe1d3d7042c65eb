#include "../engine.hpp"
#include "../exit_status.hpp"
#include "../shared_file.hpp"
#include "../user_name.hpp"
#include "../write_file.hpp"
#include "report_data.hpp"
#include "report_page.hpp"
#include "session.hpp"

#include <oldfilm/media.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace cli::review {
namespace {

namespace fs = std::filesystem;

void show_progress(std::size_t shots, std::size_t all) {
    if (isatty(STDERR_FILENO) != 0) {
        fmt::print(stderr, "\r{} of {} shots{}", shots, all, shots == all ? "\n" : " ");
    }
}

int run(const ReportArguments& arguments) {
    oldfilm::quiet_ffmpeg();
    Store store(arguments.folder, user_name());
    const Rendering rendering(arguments.folder, arguments.result, {});
    Films films(store, rendering);
    const fs::path out =
        arguments.out.empty() ? fs::path(arguments.folder) / "report" : fs::path(arguments.out);
    make_folder(out / "pictures");
    const Json report =
        ReportData(store, films, out / "pictures", show_progress, arguments.stop).collect();
    const auto replace = Json::error_handler_t::replace;
    write_file(out / "report.json", report.dump(1, ' ', false, replace) + "\n");
    write_file(out / "index.html", page_of(report, content_of(shared_file("review/report.css"))));
    fmt::print("{}\n", (out / "index.html").string());
    return done;
}

} // namespace
} // namespace cli::review

int oldfilm_cli_report(const cli::ReportArguments& arguments) {
    return cli::guarded(cli::usage_status, [&] { return cli::review::run(arguments); });
}
