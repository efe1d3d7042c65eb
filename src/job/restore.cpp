#include "job/restore.hpp"

#include "job/checks.hpp"
#include "job/decisions.hpp"
#include "job/devices.hpp"
#include "job/held_log.hpp"
#include "job/job.hpp"
#include "job/segmented.hpp"
#include "job/streamed.hpp"
#include "media/locations.hpp"
#include "media/output_plan.hpp"
#include "media/segments.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

namespace oldfilm {
namespace job {
namespace {

/// That what goes along with the film has a place in the output, before models are opened.
void check_streams(Job& job, const WriteOptions& wanted) {
    const media::Choice choice = media::choose_codec(job.output(), wanted);
    static_cast<void>(media::plan_output(job.source().reader(), job.output(), choice, wanted));
}

/// Whether the film can be restored in segments, which is resumable.
bool can_be_segmented(Job& job, const WriteOptions& wanted) {
    const std::string& path = job.source().info().path;
    if (media::is_pipe(path) || !media::scheme_of(path).empty() ||
        !media::SegmentEncoder::can_store(job.output(), wanted)) {
        return false;
    }
    const std::optional<OutputFilm> masks = job.films().masks();
    return !masks || media::SegmentEncoder::can_store(masks->path, masks->options);
}

/// The next smaller side of tiles; 0 where smaller ones would not help.
int smaller_tile(const Job& job, const Error& error) {
    if (error.code() != Errc::out_of_memory || !job.begun() || job.is_piped()) {
        return 0;
    }
    for (const int side : {256, 128, 64}) {
        if (job.tile() == 0 || side < job.tile()) {
            job.log().warning(fmt::format("memory ran out ({}); continuing with tiles of {} pixels",
                                          error.what(), side));
            return side;
        }
    }
    return 0;
}

/// `error`, that the run was stopped, with what the checkpoint holds.
Error stopped(const Error& error, const std::optional<Checkpoint>& checkpoint) {
    const bool has_segments = checkpoint && checkpoint->has_stored_segments();
    return {Errc::cancelled,
            fmt::format("{}; {}", error.what(),
                        has_segments ? "run it again to resume"
                                     : "no segment is complete yet, so that another run "
                                       "starts over")};
}

/// `checkpoint` is made where there is to be one.
RestoreResult restore_once(Job& job, const Pipeline& pipeline,
                           std::optional<Checkpoint>& checkpoint) {
    if (job.tile() == 0) {
        job.set_tile(pipeline.options().tile);
    }
    WriteOptions wanted = job.films().streams();
    wanted.width = wanted.height = 2; // of any film
    check_streams(job, wanted);
    if (can_be_segmented(job, wanted)) {
        checkpoint.emplace(job.output(), job.options().ignore_checkpoint);
        return restore_segmented(job, with_decisions(job, pipeline, checkpoint->folder()),
                                 *checkpoint);
    }
    if (job.devices().size() > 1) {
        job.log().warning(
            fmt::format("only {} is used: a film is distributed over several devices where "
                        "input and output are files that can be restored in segments",
                        job.devices().front()));
    }
    return restore_streamed(job, with_decisions(job, pipeline, {}));
}

/// The job; where `options` ask for it, and the film is combed, with them changed so that it is
/// deinterlaced.
std::unique_ptr<Job> opened(const Job::Request& request, RestoreOptions& options, int tile,
                            bool has_stages) {
    if (!options.deinterlace_combed || options.read.deinterlace || !has_stages) {
        return std::make_unique<Job>(request, tile);
    }
    const Log log = options.log;
    HeldLog held(log); // what would be reported of the film as it isn't read
    options.log = held.log();
    auto job = std::make_unique<Job>(request, tile);
    options.log = log;
    const media::Survey& found = job->survey();
    if (found.fields == media::Survey::Fields::together) {
        held.release();
        return job;
    }
    log.warning(fmt::format(
        "{} is combed, {} field first: it is {}; --deinterlace=off restores it as it is",
        request.input, found.fields == media::Survey::Fields::top_first ? "top" : "bottom",
        found.telecined ? "brought back to the film's own frames" : "deinterlaced"));
    options.read.deinterlace = true;
    job.reset();
    return std::make_unique<Job>(request, tile);
}

/// Tries again where something is known that helps: decoding on the CPU, smaller tiles.
RestoreResult restore_or_retry(const Job::Request& request, RestoreOptions& options,
                               const Pipeline& pipeline) {
    const bool has_stages = !pipeline.stages().empty();
    for (int tile = 0;;) {
        const std::unique_ptr<Job> own = opened(request, options, tile, has_stages);
        Job& job = *own;
        std::optional<Checkpoint> checkpoint;
        try {
            return has_stages ? restore_once(job, pipeline, checkpoint) : copy(job);
        } catch (const media::EngineFailure& failure) {
            if (job.is_piped()) {
                throw;
            }
            job.log().warning(fmt::format("{}: continuing there", failure.what()));
            options.read.device.clear();
        } catch (const Error& error) {
            if (error.code() == Errc::cancelled) {
                throw stopped(error, checkpoint);
            }
            tile = smaller_tile(job, error);
            if (tile == 0) {
                throw;
            }
        }
        options.ignore_checkpoint = false; // what is done is ours
    }
}

} // namespace

RestoreResult restore(const std::string& input, const std::string& output, const Pipeline& pipeline,
                      const RestoreOptions& options, pipeline::FrameObserver* observer,
                      SegmentObserver* completed, const std::string& store) {
    RestoreOptions allowed = options;
    allowed.overwrite = options.overwrite || are_left_over(output, options.mask_out);
    check_paths(input, output, allowed);
    check_codec(options.codec);
    if (pipeline.stages().empty() && !options.mask_out.empty()) {
        throw Error(Errc::invalid_argument,
                    "a mask film needs a stage that makes masks, and the pipeline has no stages; "
                    "add scratch-removal, or leave the mask film out");
    }
    std::optional<SegmentStore> stored;
    if (!store.empty()) {
        stored.emplace(store);
    }
    const PipelineOptions& run = pipeline.options();
    return restore_or_retry({.input = input,
                             .output = output,
                             .options = allowed,
                             .devices = devices_of(run.device.empty() ? "auto" : run.device),
                             .profile = run.profile,
                             .observer = observer,
                             .completed = completed,
                             .store = stored ? &*stored : nullptr},
                            allowed, pipeline);
}

} // namespace job

RestoreResult restore(const std::string& input, const std::string& output, const Pipeline& pipeline,
                      const RestoreOptions& options) {
    return job::restore(input, output, pipeline, options, nullptr);
}

} // namespace oldfilm
