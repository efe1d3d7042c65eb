#pragma once
/// \file
/// One device at work on a film.

#include "job/segment_writer.hpp"
#include "job/source.hpp"
#include "job/work_queue.hpp"

#include <oldfilm/pipeline.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace oldfilm::job {

/// Adds the copies and the time of another run, or of another worker.
void add_work(RunStats& all, const RunStats& one);

/// Restores work items on one device: one plan, one reader, a run for each item. `run` belongs to
/// one thread; the other functions are for any.
class Worker {
  public:
    struct Counts {
        std::int64_t read = 0;    ///< frames that went in, or were made by an earlier run
        std::int64_t written = 0; ///< frames that came out, likewise
        std::int64_t ahead = 0; ///< frames of the input that earlier runs had made ahead of others
    };
    /// `stays_on_device`: frames are encoded on the device, on a stream of their own.
    Worker(std::string device, Plan plan, bool stays_on_device);

    /// Takes items until there are none. `observer` (may be null) sees what the item's writer sees.
    /// Throws what ended it; `Error` (cancelled) after `cancel`.
    void run(const SegmentedJob& job, WorkQueue& queue, Source& source,
             pipeline::FrameObserver* observer);
    void cancel() noexcept;

    [[nodiscard]] const Plan& plan() const { return plan_; }
    [[nodiscard]] Counts counts() const;
    /// Of all items. After `run`.
    [[nodiscard]] const RunStats& stats() const { return stats_; }

  private:
    class Observers;
    void restore(const SegmentedJob& job, WorkQueue& queue, Source& source,
                 pipeline::FrameObserver* observer, const WorkItem& item);
    void pull(Run& run, SegmentWriter& writer);
    static void add_complete(SegmentWriter& writer, const Run& run);
    void set_run(Run* run);
    void add(const RunStats& stats, std::size_t known_analysis);

    std::string device_;
    Plan plan_; ///< its models stay open for the runs to come, one for each item
    bool stays_on_device_;
    std::atomic<std::int64_t> read_ = 0, written_ = 0, ahead_ = 0;
    RunStats stats_;

    std::mutex mutex_; ///< guards what follows
    bool cancelled_ = false;
    Run* run_ = nullptr;
};

} // namespace oldfilm::job
