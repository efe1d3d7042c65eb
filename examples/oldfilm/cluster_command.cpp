#include "cluster_view.hpp"
#include "commands.hpp"
#include "exit_status.hpp"
#include "restore_setup.hpp"
#include "slurm.hpp"

#include <oldfilm/cluster.hpp>

#include <fmt/format.h>

#include <cstdlib>
#include <string_view>

namespace cli {
namespace {

using oldfilm::ClusterJob;
using ClusterAction = ClusterArguments::Action;

int plan(const ClusterArguments& arguments) {
    RestoreArguments film = arguments.plan;
    film.stop = arguments.stop;
    ProgressView view(film.progress);
    return guarded(view, usage_status, [&] {
        settle_process(arguments.threads);
        oldfilm::ClusterPlanOptions options;
        options.restore = restore_options(film, view);
        options.container = arguments.container;
        options.items = arguments.items;
        options.claim_seconds = arguments.claim_seconds;
        Decisions decisions;
        const oldfilm::Pipeline pipeline = decided_pipeline(film, decisions);
        options.restore.read.crop = decisions.crop;
        for (const std::string& note : decisions.notes) {
            view.message(oldfilm::LogLevel::warning, note);
        }
        const ClusterJob job = ClusterJob::plan(film.input, arguments.folder, pipeline, options);
        fmt::print("{}: {} frames in {} items, {} threads a worker\n", arguments.folder,
                   job.status().frames, job.items(), job.threads());
        return static_cast<int>(done);
    });
}

/// Logs of a cluster's jobs are no terminals, and have all messages.
oldfilm::Log all_messages() {
    return oldfilm::Log([](oldfilm::LogLevel level, std::string_view text) {
        if (level != oldfilm::LogLevel::debug) {
            fmt::print(stderr, "oldfilm: {}{}\n",
                       level == oldfilm::LogLevel::warning ? "warning: " : "", text);
        }
    });
}

int work(const ClusterArguments& arguments) {
    ClusterJob job = ClusterJob::open(arguments.folder);
    settle_process(std::getenv("OMP_NUM_THREADS") == nullptr ? job.threads() : 0);
    const oldfilm::ClusterWorkResult result = job.work({.item = arguments.item,
                                                        .wait = !arguments.no_wait,
                                                        .retry = arguments.retry,
                                                        .any_cpu = arguments.any_cpu,
                                                        .log = all_messages(),
                                                        .stop = arguments.stop});
    fmt::print("{} item{}, {} frames in {:.1f} s\n", result.items, result.items == 1 ? "" : "s",
               result.frames, result.seconds);
    return done;
}

int finish(const ClusterArguments& arguments) {
    settle_process();
    const oldfilm::RestoreResult result =
        ClusterJob::open(arguments.folder)
            .finish(arguments.output, {.mask_out = arguments.mask_out,
                                       .overwrite = arguments.overwrite,
                                       .log = all_messages(),
                                       .stop = arguments.stop});
    fmt::print("{}: {} frames from {}\n", arguments.output, result.frames_out, result.frames_in);
    if (result.concealed > 0) {
        fmt::print(stderr, "oldfilm: {} damaged frames of the input were concealed\n",
                   result.concealed);
    }
    return result.concealed > 0 ? done_with_damage : done;
}

int submit(const ClusterArguments& arguments) {
    const SlurmJobs jobs = submit_to_slurm(ClusterJob::open(arguments.folder), arguments);
    if (!jobs.work.empty()) {
        fmt::print("work {}\n", jobs.work);
    }
    fmt::print("finish {}\n", jobs.finish);
    return done;
}

int status(const ClusterArguments& arguments) {
    print_status(ClusterJob::open(arguments.folder), arguments.json);
    return done;
}

} // namespace

int cluster(const ClusterArguments& arguments) {
    if (arguments.action == ClusterAction::plan) {
        return plan(arguments);
    }
    return guarded(arguments.action == ClusterAction::status ? usage_status : status_of, [&] {
        switch (arguments.action) {
        case ClusterAction::work:
            return work(arguments);
        case ClusterAction::finish:
            return finish(arguments);
        case ClusterAction::submit:
            return submit(arguments);
        default:
            return status(arguments);
        }
    });
}

} // namespace cli
