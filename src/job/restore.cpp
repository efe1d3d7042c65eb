#include "job/restore.hpp"

#include "job/checks.hpp"
#include "job/decisions.hpp"
#include "job/devices.hpp"
#include "job/job.hpp"
#include "job/opening.hpp"
#include "job/segmented.hpp"
#include "job/streamed.hpp"
#include "job/transcription.hpp"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>

namespace oldfilm {
namespace job {
namespace {

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
    const bool is_resumable = checkpoint && checkpoint->is_resumable();
    return {Errc::cancelled,
            fmt::format("{}; {}", error.what(),
                        is_resumable ? "run it again to resume"
                                     : "no segment is complete yet, so that another run "
                                       "starts over")};
}

/// `checkpoint` is made where there is to be one.
RestoreResult restore_once(Job& job, const Pipeline& pipeline,
                           std::optional<Checkpoint>& checkpoint) {
    if (job.tile() == 0) {
        job.set_tile(pipeline.options().tile);
    }
    check_streams(job);
    if (can_be_segmented(job)) {
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
    add_transcription(job, nullptr);
    return restore_streamed(job, with_decisions(job, pipeline, {}));
}

/// Without stages.
RestoreResult copy_once(Job& job) {
    if (job.options().transcribe) {
        check_streams(job);
        add_transcription(job, nullptr);
    }
    return copy(job);
}

/// Tries again where something is known that helps: decoding on the CPU, smaller tiles.
RestoreResult restore_or_retry(const Job::Request& request, RestoreOptions& options,
                               const Pipeline& pipeline) {
    const bool has_stages = !pipeline.stages().empty();
    for (int tile = 0;;) {
        const std::unique_ptr<Job> own = open_job(request, options, tile, has_stages);
        Job& job = *own;
        std::optional<Checkpoint> checkpoint;
        try {
            return has_stages ? restore_once(job, pipeline, checkpoint) : copy_once(job);
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
    allowed.overwrite =
        options.overwrite || are_left_over(output, {options.mask_out, options.evidence_out});
    check_paths(input, output, allowed);
    check_codec(options.codec);
    if (pipeline.stages().empty() && !options.mask_out.empty()) {
        throw Error(Errc::invalid_argument,
                    "a mask film needs a stage that makes masks, and the pipeline has no stages; "
                    "add scratch-removal, or leave the mask film out");
    }
    if (pipeline.stages().empty() && !options.evidence_out.empty()) {
        throw Error(Errc::invalid_argument,
                    "an evidence film says what stages did, and the pipeline has no stages; add "
                    "one, or leave the evidence film out");
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
