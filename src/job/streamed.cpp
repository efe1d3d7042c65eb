#include "job/streamed.hpp"

#include "job/async_writer.hpp"
#include "job/segmentation.hpp"

#include <atomic>
#include <optional>
#include <stop_token>

namespace oldfilm::job {
namespace {

/// Writes the mask film, if one is wanted.
class MaskWriter final : public pipeline::FrameObserver {
  public:
    explicit MaskWriter(Job& job) : job_(job) {
        if (const std::optional<OutputFilm> film = job.films().masks()) {
            writer_.emplace(*film, job.shared_profile().get());
        }
    }
    void see(const Frame& frame) override {
        any_ = any_ || frame.mask().defined();
        if (writer_ && !writer_->push(frame)) {
            failed_ = true;
        }
        if (job_.observer() != nullptr) {
            job_.observer()->see(frame);
        }
        next_ = frame.info().index + 1;
        if (next_ - completed_ >= Segmentation::longest) {
            complete();
        }
    }
    /// What was seen is complete. There is no segment that says so.
    void complete() {
        if (job_.completed() != nullptr && next_ > completed_) {
            job_.completed()->complete(completed_, next_);
        }
        completed_ = next_;
    }
    /// This, where anybody wants to see frames.
    [[nodiscard]] pipeline::FrameObserver* wanted() {
        return writer_ || job_.observer() != nullptr ? this : nullptr;
    }
    [[nodiscard]] bool failed() const { return failed_; }
    void drain() {
        if (writer_) {
            writer_->drain();
        }
    }
    void publish() {
        if (writer_) {
            job_.check_masks(job_.source().frames(), writer_->frames(), any_);
            writer_->publish();
        }
    }

  private:
    Job& job_;
    std::atomic<bool> failed_ = false, any_ = false;
    std::optional<AsyncWriter> writer_;
    std::int64_t next_ = 0, completed_ = 0; ///< frames
};

/// Writes the restored film, and the evidence film if one is wanted.
class FilmWriters {
  public:
    FilmWriters(Job& job, const Plan& plan)
        : film_(job.films().film(plan.output(), plan.to_json()), job.shared_profile().get()) {
        if (const std::optional<OutputFilm> film = job.films().evidence(plan.output())) {
            evidence_.emplace(*film, job.shared_profile().get());
        }
    }
    [[nodiscard]] bool push(const Frame& frame) {
        return film_.push(frame) && (!evidence_ || evidence_->push(frame));
    }
    void drain() {
        film_.drain();
        if (evidence_) {
            evidence_->drain();
        }
    }
    void publish() {
        if (evidence_) {
            evidence_->publish();
        }
        film_.publish();
    }

  private:
    AsyncWriter film_;
    std::optional<AsyncWriter> evidence_;
};

/// Hands on what comes out, until nothing does. The number of frames.
std::int64_t pull(Job& job, Run& run, FilmWriters& writer, const MaskWriter& masks,
                  ProgressMeter& meter) {
    std::int64_t written = 0;
    job.set_begun();
    try {
        while (!masks.failed()) {
            const std::optional<Frame> frame = run.next();
            if (!frame || !writer.push(*frame)) {
                break;
            }
            meter.update(run.progress(), ++written);
        }
    } catch (const Error& error) {
        if (error.code() == Errc::cancelled) {
            job.stop_at(written);
        }
        throw;
    }
    job.check_stop(written);
    return written;
}

} // namespace

RestoreResult copy(Job& job) {
    AsyncWriter writer(job.films().unchanged(), job.shared_profile().get());
    ProgressMeter meter = job.meter(job.format());
    Progress progress;
    Source& source = job.source();
    while (const std::optional<Frame> frame = source.next()) {
        if (!writer.push(*frame)) {
            break;
        }
        progress.frames_in = source.frames();
        meter.update(progress, source.frames());
        job.check_stop(source.frames());
    }
    writer.drain();
    job.check_counts(job.format(), writer.frames());
    meter.update(progress, writer.frames(), true);
    writer.publish();
    return job.result(writer.frames(), meter);
}

RestoreResult restore_streamed(Job& job, const Pipeline& pipeline) {
    job.use_first_device();
    MaskWriter masks(job);
    const Plan plan = job.plan(pipeline, job.devices().front());
    FilmWriters writer(job, plan);
    Run run = pipeline::start(
        plan, [&source = job.source()] { return source.next(); }, {}, masks.wanted());
    const std::stop_callback cancel(job.options().stop, [&run] { run.cancel(); });
    ProgressMeter meter = job.meter(run.output());
    const std::int64_t written = pull(job, run, writer, masks, meter);
    masks.complete();
    masks.drain();
    writer.drain();
    job.check_counts(run.output(), written);
    masks.publish();
    meter.update(run.progress(), written, true);
    writer.publish();
    RestoreResult made = job.result(written, meter);
    made.stats = run.stats();
    return made;
}

} // namespace oldfilm::job
