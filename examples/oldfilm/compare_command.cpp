#include "commands.hpp"
#include "comparison.hpp"
#include "exit_status.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

namespace cli {
namespace {

void write_report(const Comparison& comparison, const std::string& path) {
    const std::string partial = path + ".partial";
    std::ofstream file(partial, std::ios::binary);
    file << report_html(comparison);
    file.close();
    std::error_code failed;
    if (file) {
        std::filesystem::rename(partial, path, failed);
    }
    if (!file || failed) {
        std::error_code ignored;
        std::filesystem::remove(partial, ignored);
        throw oldfilm::Error(oldfilm::Errc::io,
                             fmt::format("the report {} cannot be written; name a file in a "
                                         "folder that is writable",
                                         path));
    }
}

void print(const Comparison& c) {
    fmt::print("A         {}\nB         {}\nframes    {} compared\nPSNR      {:.2f} dB\n"
               "SSIM      {:.4f}\nflicker   A {:.3f}, B {:.3f} levels a frame\n",
               c.a, c.b, c.pairs.size(), c.psnr, c.ssim, c.flicker_a, c.flicker_b);
    for (const std::string& note : c.notes) {
        fmt::print("note      {}\n", note);
    }
}

} // namespace

int compare(const CompareArguments& arguments) {
    return guarded(failure_status, [&] {
        const Comparison comparison =
            compare_films(arguments.a, arguments.b, !arguments.report.empty(), arguments.stop);
        if (!arguments.report.empty()) {
            write_report(comparison, arguments.report);
        }
        if (arguments.json) {
            fmt::print("{}\n", comparison.to_json());
        } else {
            print(comparison);
        }
        return static_cast<int>(done);
    });
}

} // namespace cli
