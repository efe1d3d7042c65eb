#pragma once
/// \file
/// A film's shots distributed over several devices.

#include "job/checkpoint.hpp"
#include "job/segment_writer.hpp"
#include "job/shot_scanner.hpp"
#include "job/source.hpp"
#include "pipeline/run_spec.hpp"

#include <oldfilm/pipeline.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace oldfilm::job {

/// One worker a device, each with its own thread, reader, models and encoders. A worker takes the
/// next item of the film (see `ShotScanner`), makes its segments with a run of its own, and takes
/// the next; what was made is the same whoever made it. Workers read the film from its start too,
/// without making pictures of what isn't theirs: no seeking, so that frames and times are those of
/// one reader.
class WorkerPool {
  public:
    using FrameObserver = std::function<bool(const Frame&)>;
    struct Setup {
        std::vector<std::string> devices; ///< one a worker
        StreamFormat format;              ///< of the film
        /// The plan for a device; `see` is called with each frame where masks are complete.
        std::function<Plan(const std::string& device, FrameObserver see)> plan;
        /// The film from its start, once more, for a device's worker.
        std::function<std::unique_ptr<Source>(const std::string& device)> source;
        std::function<void(SegmentWriter&)>
            open; ///< the films that segments are of; from any worker's thread
        std::function<void(std::int64_t items)> counted; ///< told how many items there are
        std::shared_ptr<Profile> profile;                ///< may be null
    };
    using ProgressCallback = std::function<void(std::int64_t in, std::int64_t out)>;
    /// Opens the workers' models. Throws `Error` as `Pipeline::start` does.
    explicit WorkerPool(Setup setup);
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    /// What comes out of each worker.
    [[nodiscard]] const StreamFormat& output() const { return workers_.front()->plan->output(); }
    /// As of a run, with all devices.
    [[nodiscard]] std::string plan() const;
    /// Makes all segments that `film` lacks, and notes them there. `ahead` gives the film from its
    /// start. `tell` is told frames that went in and came out so far, a few times a second. Throws
    /// what ended it first: a worker's failure, the reader's, or `Error` (cancelled) on request.
    RunStats run(Checkpoint& film, Source& ahead, const ProgressCallback& tell,
                 const std::stop_token& stop);
    /// Frames that came out so far.
    [[nodiscard]] std::int64_t written() const { return written_; }
    /// Frames of the input that earlier runs had made ahead of others.
    [[nodiscard]] std::int64_t ahead() const { return ahead_; }

  private:
    struct Worker {
        std::string device;
        std::optional<Plan> plan; ///< its models stay open for the runs to come, one for each item
        std::atomic<SegmentWriter*> writer = nullptr; ///< of the item at work
        std::atomic<bool> failed = false;             ///< what is done with its frames
        Run* run = nullptr;                           ///< guarded by the pool's mutex
        RunStats stats;                               ///< of all items
    };
    /// The time base of the film's first frame, which only one worker sees.
    class FirstBase {
      public:
        void tell(Rational base);
        void abandon(std::exception_ptr why);
        Rational wait() { return base_.get(); }

      private:
        std::mutex mutex_;
        bool told_ = false;
        std::promise<Rational> promise_;
        std::shared_future<Rational> base_ = promise_.get_future().share();
    };
    struct Work; ///< what `run` works on

    void drive(Work& work, Worker& worker);
    void restore(Work& work, Worker& worker, Source& source, const ShotScanner::WorkItem& item);
    [[nodiscard]] pipeline::ResumePoint start_of(Work& work,
                                                 const ShotScanner::WorkItem& item) const;
    std::optional<Frame> next(Work& work, Source& source, const ShotScanner::WorkItem& item,
                              std::int64_t frame);
    void at_work(Work& work, Worker& worker, Run* run);
    void watch(Work& work, const ProgressCallback& tell);
    void fail(Work& work, const std::exception_ptr& why);
    [[nodiscard]] RunStats stats(const Work& work) const;

    Setup setup_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::atomic<std::int64_t> read_ = 0, written_ = 0, ahead_ = 0;
};

} // namespace oldfilm::job
