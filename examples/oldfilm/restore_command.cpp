#include "commands.hpp"
#include "exit_status.hpp"
#include "pipeline_choice.hpp"
#include "progress_view.hpp"
#include "restore_setup.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/project.hpp>
#include <oldfilm/restore.hpp>

#include <fmt/format.h>

#include <fstream>
#include <functional>

namespace cli {
namespace {

using oldfilm::Errc;
using oldfilm::Error;

void tell(const oldfilm::Profile& profile, const std::string& trace_file) {
    fmt::print(stderr, "{}", profile.table());
    if (!trace_file.empty() && !(std::ofstream(trace_file) << profile.trace() << std::flush)) {
        throw Error(Errc::io, fmt::format("the trace {} can't be written", trace_file));
    }
}

} // namespace

int clean(const CleanArguments& arguments) {
    return guarded(usage_status, [&] {
        for (const std::string& path : arguments.paths) {
            for (const std::string& gone : oldfilm::clean(path)) {
                fmt::print("removed {}\n", gone);
            }
        }
        return static_cast<int>(done);
    });
}

namespace {

int restore_project(const RestoreArguments& arguments) {
    ProgressView view(arguments.progress);
    return guarded(view, status_of, [&] {
        settle_process();
        const oldfilm::PipelineOptions machine = pipeline_options(arguments);
        const oldfilm::RestoreResult result =
            oldfilm::restore(oldfilm::Project::open(arguments.project), arguments.output, machine,
                             restore_options(arguments, view));
        view.done(result, arguments.output);
        if (machine.profile) {
            tell(*machine.profile, arguments.profile_file);
        }
        return static_cast<int>(result.concealed > 0 ? done_with_damage : done);
    });
}

} // namespace

int restore(const RestoreArguments& arguments) {
    if (!arguments.project.empty()) {
        return restore_project(arguments);
    }
    ProgressView view(arguments.progress);
    oldfilm::Pipeline pipeline;
    Decisions decisions;
    const int built = guarded(view, usage_status, [&] {
        settle_process();
        pipeline = decided_pipeline(arguments, decisions);
        return static_cast<int>(done);
    });
    if (built != done) {
        return built;
    }
    return guarded(view, status_of, [&] {
        for (const std::string& note : decisions.notes) {
            view.message(oldfilm::LogLevel::warning, note); // shown in every style
        }
        oldfilm::RestoreOptions options = restore_options(arguments, view);
        options.read.crop = decisions.crop;
        const oldfilm::RestoreResult result =
            oldfilm::restore(arguments.input, arguments.output, pipeline, options);
        view.done(result, arguments.output);
        if (const auto& profile = pipeline.options().profile) {
            tell(*profile, arguments.profile_file);
        }
        return static_cast<int>(result.concealed > 0 ? done_with_damage : done);
    });
}

} // namespace cli
