#include "cluster_view.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace cli {
namespace {

using nlohmann::ordered_json;
using oldfilm::ClusterFailure;
using oldfilm::ClusterStatus;
using oldfilm::ClusterWorker;

std::string clock(double seconds) {
    const auto whole = static_cast<long>(std::llround(std::max(seconds, 0.0)));
    return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

ordered_json json_of(const oldfilm::ClusterJob& job, const ClusterStatus& status) {
    ordered_json workers = ordered_json::array();
    for (const ClusterWorker& one : status.workers) {
        workers.push_back({{"host", one.host},
                           {"pid", one.pid},
                           {"item", one.item},
                           {"first", one.first},
                           {"next", one.next},
                           {"frames_done", one.frames_done},
                           {"seconds", one.seconds},
                           {"silent", one.silent}});
    }
    ordered_json failures = ordered_json::array();
    for (const ClusterFailure& one : status.failures) {
        failures.push_back({{"item", one.item},
                            {"failures", one.failures},
                            {"host", one.host},
                            {"message", one.message}});
    }
    return {{"folder", job.folder()},
            {"input", job.input()},
            {"frames", status.frames},
            {"frames_done", status.frames_done},
            {"items", status.items},
            {"items_done", status.items_done},
            {"seconds_per_frame", status.seconds_per_frame},
            {"eta", status.eta},
            {"workers", std::move(workers)},
            {"failures", std::move(failures)},
            {"open", status.open}};
}

void print(const oldfilm::ClusterJob& job, const ClusterStatus& status) {
    const double share = status.frames > 0 ? static_cast<double>(status.frames_done) /
                                                 static_cast<double>(status.frames)
                                           : 0;
    fmt::print("{}\n  film      {}\n  frames    {} of {} done ({:.0f} %)\n", job.folder(),
               job.input(), status.frames_done, status.frames, std::floor(100 * share));
    fmt::print("  items     {} of {} done, {} at work\n", status.items_done, status.items,
               status.workers.size());
    if (status.seconds_per_frame > 0) {
        fmt::print("  speed     {:.3f} s a frame for a worker\n", status.seconds_per_frame);
    }
    if (status.eta > 0) {
        fmt::print("  ETA       {} with these workers\n", clock(status.eta));
    }
    for (const ClusterWorker& one : status.workers) {
        fmt::print("  worker    {} process {}: item {}, {} of {} frames in {}, seen {:.0f} s ago\n",
                   one.host, one.pid, one.item, one.frames_done, one.next - one.first,
                   clock(one.seconds), one.silent);
    }
    for (const ClusterFailure& one : status.failures) {
        fmt::print("  failed    item {}, {} time{}, last on {}: {}\n", one.item, one.failures,
                   one.failures == 1 ? "" : "s", one.host, one.message);
    }
}

} // namespace

void print_status(const oldfilm::ClusterJob& job, bool as_json) {
    const ClusterStatus status = job.status();
    if (as_json) {
        fmt::print("{}\n", json_of(job, status).dump(2));
    } else {
        print(job, status);
    }
}

} // namespace cli
