#include "job/worker.hpp"

#include "device/device.hpp"
#include "device/single_thread.hpp"

#include <oldfilm/error.hpp>

#include <c10/core/StreamGuard.h>

#include <algorithm>
#include <utility>

namespace oldfilm::job {

/// The item's writer, and who else wants to see its frames.
class Worker::Observers final : public pipeline::FrameObserver {
  public:
    Observers(SegmentWriter& writer, pipeline::FrameObserver* other)
        : writer_(writer), other_(other) {}
    void see(const Frame& frame) override {
        writer_.see(frame);
        if (other_ != nullptr) {
            other_->see(frame);
        }
    }

  private:
    SegmentWriter& writer_;
    pipeline::FrameObserver* other_;
};

Worker::Worker(std::string device, Plan plan, bool stays_on_device)
    : device_(std::move(device)), plan_(std::move(plan)), stays_on_device_(stays_on_device) {}

void Worker::cancel() noexcept {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (run_ != nullptr) {
        run_->cancel();
    }
}

Worker::Counts Worker::counts() const {
    return {.read = read_, .written = written_, .ahead = ahead_};
}

/// From here on `run` can be cancelled; null: no more.
void Worker::set_run(Run* run) {
    const std::lock_guard lock(mutex_);
    if (run != nullptr && cancelled_) {
        throw Error(Errc::cancelled, "the run was cancelled");
    }
    run_ = run;
}

void Worker::run(const SegmentedJob& job, WorkQueue& queue, Source& source,
                 pipeline::FrameObserver* observer) {
    base::use_single_thread();
    while (const std::optional<WorkItem> item = queue.take()) {
        if (const auto made = job.recorder.adopt_ahead(item->segment)) {
            read_ += made->frames;
            ahead_ += made->frames;
            written_ += made->outputs;
            stats_.analysis.insert(stats_.analysis.end(), made->analysis.begin(),
                                   made->analysis.end());
            continue;
        }
        restore(job, queue, source, observer, *item);
    }
}

/// What is complete need not be made again, however the run ended.
void Worker::add_complete(SegmentWriter& writer, const Run& run) {
    try {
        writer.add_complete(run);
    } catch (const Error&) { // What ended the run is thrown.
    }
}

void Worker::restore(const SegmentedJob& job, WorkQueue& queue, Source& source,
                     pipeline::FrameObserver* observer, const WorkItem& item) {
    SegmentWriter writer(job, queue, item);
    Observers observers(writer, observer);
    Run run = pipeline::start(
        plan_,
        [&] {
            std::optional<Frame> frame = queue.read(item, source);
            read_ += frame ? 1 : 0;
            return frame;
        },
        item.from, &observers);
    try {
        set_run(&run);
        pull(run, writer);
        writer.drain(queue.last_segment(item), run);
    } catch (...) {
        set_run(nullptr);
        add_complete(writer, run);
        throw;
    }
    set_run(nullptr);
    add(run.stats(), item.from.analysis.size());
}

void Worker::pull(Run& run, SegmentWriter& writer) {
    std::optional<c10::Stream> encoding;
    if (stays_on_device_) {
        const c10::Device device = base::resolve_device(device_);
        encoding = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
    }
    const c10::OptionalStreamGuard on(encoding);
    while (!writer.failed()) {
        const std::optional<Frame> frame = run.next();
        if (!frame) {
            return;
        }
        if (writer.is_done(*frame)) {
            continue;
        }
        if (!writer.push(*frame, run)) {
            return;
        }
        ++written_;
    }
}

void add_work(RunStats& all, const RunStats& one) {
    all.uploads += one.uploads;
    all.downloads += one.downloads;
    all.stage_seconds.resize(std::max(all.stage_seconds.size(), one.stage_seconds.size()));
    for (std::size_t i = 0; i < one.stage_seconds.size(); ++i) {
        all.stage_seconds[i] += one.stage_seconds[i];
    }
}

void Worker::add(const RunStats& stats, std::size_t known_analysis) {
    add_work(stats_, stats);
    stats_.analysis.insert(stats_.analysis.end(),
                           stats.analysis.begin() + static_cast<std::ptrdiff_t>(known_analysis),
                           stats.analysis.end());
    stats_.peak_frames = std::max(stats_.peak_frames, stats.peak_frames);
    stats_.peak_bytes = std::max(stats_.peak_bytes, stats.peak_bytes);
}

} // namespace oldfilm::job
