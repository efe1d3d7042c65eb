#include "automatic.hpp"
#include "commands.hpp"
#include "exit_status.hpp"
#include "pipeline_choice.hpp"
#include "progress_view.hpp"
#include "settle_process.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/project.hpp>
#include <oldfilm/restore.hpp>

#include <fmt/format.h>

#include <exception>
#include <fstream>
#include <functional>
#include <memory>

namespace cli {
namespace {

using oldfilm::Errc;
using oldfilm::Error;

oldfilm::RestoreOptions options_of(const RestoreArguments& a, ProgressView& view) {
    oldfilm::RestoreOptions options;
    options.read.source_fps = a.source_fps;
    options.read.start = a.start;
    options.read.duration = a.duration;
    options.read.deinterlace = a.deinterlace == "on" || a.preset == "tv-archive";
    options.deinterlace_combed = a.deinterlace == "auto";
    options.read.film_frames = a.cadence == "film";
    options.read.strict = a.strict;
    options.read.missing = a.missing == "hold"    ? oldfilm::MissingPictures::hold
                           : a.missing == "black" ? oldfilm::MissingPictures::black
                                                  : oldfilm::MissingPictures::stop;
    options.read.protocols = a.protocols;
    options.read.device = a.decode_on_gpu ? "auto" : "";
    options.decide_by_shot = decided_by_shot(a);
    options.codec = a.codec;
    options.crf = a.crf;
    options.mask_out = a.mask_out;
    if (a.shots != "auto" && a.shots != "none") {
        options.shot_list = a.shots;
    }
    options.audio = !a.no_audio;
    options.subtitles = !a.no_subtitles;
    options.drop_streams = a.drop_streams;
    options.overwrite = a.overwrite;
    options.ignore_checkpoint = a.ignore_checkpoint;
    options.stop = a.stop;
    options.progress = [&view](const oldfilm::Progress& now) { view.progress(now); };
    options.log = [&view](oldfilm::LogLevel level, std::string_view text) {
        view.message(level, text);
    };
    return options;
}

void tell(const oldfilm::Profile& profile, const std::string& trace_file) {
    fmt::print(stderr, "{}", profile.table());
    if (!trace_file.empty() && !(std::ofstream(trace_file) << profile.trace() << std::flush)) {
        throw Error(Errc::io, fmt::format("the trace {} can't be written", trace_file));
    }
}

int guarded(ProgressView& view, int (*status)(const Error&), const std::function<int()>& work) {
    try {
        return work();
    } catch (const Error& error) {
        view.error(error);
        return status(error);
    } catch (const std::bad_alloc&) {
        view.error(Error(Errc::out_of_memory, "the machine has no memory left for this film; try "
                                              "--memory, or fewer stages"));
    } catch (const std::exception& error) {
        view.error(Error(Errc::internal, error.what()));
    }
    return failed;
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
                             options_of(arguments, view));
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
        pipeline = chosen_pipeline(arguments);
        decisions = decide(arguments, pipeline);
        apply(decisions, pipeline);
        return static_cast<int>(done);
    });
    if (built != done) {
        return built;
    }
    return guarded(view, status_of, [&] {
        for (const std::string& note : decisions.notes) {
            view.message(oldfilm::LogLevel::warning, note); // shown in every style
        }
        const oldfilm::RestoreResult result = oldfilm::restore(
            arguments.input, arguments.output, pipeline, options_of(arguments, view));
        view.done(result, arguments.output);
        if (const auto& profile = pipeline.options().profile) {
            tell(*profile, arguments.profile_file);
        }
        return static_cast<int>(result.concealed > 0 ? done_with_damage : done);
    });
}

} // namespace cli
