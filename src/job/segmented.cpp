#include "job/segmented.hpp"

#include "job/identity.hpp"
#include "job/transcription.hpp"
#include "job/worker_pool.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <utility>
#include <vector>

namespace oldfilm::job {
namespace {

/// The tiles that memory was found to suffice for.
void choose_tile(Job& job, const Checkpoint& checkpoint) {
    const int tile = checkpoint.tile();
    if (checkpoint.has_segments() && (job.tile() == 0 || (tile > 0 && tile < job.tile()))) {
        job.set_tile(tile);
    }
}

/// What an earlier run has left must have been made as this one would make it.
void resume(const Job& job, Checkpoint& checkpoint, const nlohmann::json& identity) {
    if (!checkpoint.is_begun()) {
        return;
    }
    // Decisions in a project change; what an earlier rendering completed is adopted.
    if (job.store() != nullptr && checkpoint.differs(identity)) {
        job.log().info(
            "the project has changed since its rendering was interrupted; it starts over");
        checkpoint.start_over();
        return;
    }
    checkpoint.check(identity);
    if (checkpoint.frames_done() > 0) {
        const std::int64_t total = job.format().frames;
        job.log().info(fmt::format("resuming the interrupted restoration: {}{} frames are done",
                                   checkpoint.frames_done(),
                                   total < 0 ? "" : fmt::format(" of {}", total)));
    }
}

void begin(const Job& job, Checkpoint& checkpoint, const nlohmann::json& identity) {
    const bool is_new = !checkpoint.is_begun();
    if (is_new) {
        checkpoint.begin(identity);
    }
    if (job.tile() != checkpoint.tile()) {
        checkpoint.note_tile(job.tile());
    }
    if (is_new && job.store() != nullptr && !job.options().ignore_checkpoint) {
        checkpoint.adopt(
            job.store()->adopt(identity, job.output(), checkpoint.folder(), job.completed()));
    }
}

/// Makes the segments that are missing.
RunStats make_segments(Job& job, WorkerPool& workers, Checkpoint& checkpoint,
                       const OutputFilms& films, ProgressMeter& meter) {
    if (checkpoint.end()) {
        return workers.run(checkpoint, films, meter);
    }
    job.set_begun();
    try {
        RunStats stats = workers.run(checkpoint, films, meter);
        job.check_stop(workers.written());
        job.check_counts(workers.output(), checkpoint.frames());
        return stats;
    } catch (const Error& error) {
        if (error.code() == Errc::cancelled) {
            job.stop_at(workers.written());
        }
        throw;
    }
}

/// For the next rendering, if one may want them. The film is published all the same.
void store(Job& job, const std::vector<Segment>& segments, const std::filesystem::path& folder,
           const nlohmann::json& identity) {
    // Smaller tiles than those that were asked for are not what the next rendering makes.
    if (job.store() == nullptr || identity.at("settings").at("tile") != job.tile()) {
        return;
    }
    try {
        job.store()->store(identity, job.output(), segments, folder);
    } catch (const Error& error) {
        job.log().warning(fmt::format("the next rendering starts over: {}", error.what()));
    }
}

} // namespace

RestoreResult publish(Job& job, Checkpoint& checkpoint, const OutputFilms& films,
                      ProgressMeter& meter, const nlohmann::json& identity) {
    RestoreResult made;
    if (const auto& end = checkpoint.end()) {
        made.frames_in = end->frames;
        made.concealed = end->concealed;
        made.frames_out = checkpoint.outputs_done();
    } else {
        if (films.masks) {
            job.check_masks(job.source().frames(), checkpoint.mask_frames(), checkpoint.any_mask());
        }
        made = job.result(checkpoint.frames(), meter);
    }
    Progress progress;
    progress.frames_in = made.frames_in;
    meter.update(progress, made.frames_out, true);
    checkpoint.publish({made.frames_in, made.concealed}, films, [&](const auto& segments) {
        store(job, segments, checkpoint.folder(), identity);
    });
    made.resumed = checkpoint.frames_done();
    return made;
}

RestoreResult restore_segmented(Job& job, const Pipeline& pipeline, Checkpoint& checkpoint) {
    choose_tile(job, checkpoint);
    job.films().set_in_segments();
    WorkerPool workers(job, pipeline);
    const std::string plan = workers.plan(); // reads plugins for their checksums
    const nlohmann::json identity =
        job::identity(job.source().info().path, job.options(), pipeline.options(), plan);
    resume(job, checkpoint, identity);
    begin(job, checkpoint, identity);
    add_transcription(job, &checkpoint);
    const OutputFilms films{job.films().film(workers.output(), plan), job.films().masks(),
                            job.films().evidence(workers.output())};
    ProgressMeter meter = job.meter(workers.output(), checkpoint.outputs_done());
    RunStats stats = make_segments(job, workers, checkpoint, films, meter);
    RestoreResult made = publish(job, checkpoint, films, meter, identity);
    made.resumed += workers.ahead();
    made.stats = std::move(stats);
    return made;
}

} // namespace oldfilm::job
