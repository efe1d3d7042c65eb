#pragma once
/// \file
/// A film's work items distributed over its devices.

#include "job/checkpoint.hpp"
#include "job/job.hpp"
#include "job/worker.hpp"

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm::job {

/// One worker a device, each on a thread of its own. One worker alone restores what is left of the
/// film in one run. Several take turns at its shots; what is made is the same whoever makes it.
/// Each of them reads the film from its start too, without making pictures of what isn't theirs: no
/// seeking, so that frames and times are those of one reader.
class WorkerPool {
  public:
    /// Opens the workers' models. `job` outlives this. Throws `Error` as `Pipeline::plan` does.
    WorkerPool(Job& job, const Pipeline& pipeline);

    /// What comes out of each worker.
    [[nodiscard]] const StreamFormat& output() const { return workers_.front()->plan().output(); }
    /// As of one plan, with all devices.
    [[nodiscard]] std::string plan() const;
    /// Makes all segments that `checkpoint` lacks, and adds them to it. Reports progress a few
    /// times a second. Throws what ended it first: a worker's failure, the reader's, or `Error`
    /// (cancelled) on request.
    RunStats run(Checkpoint& checkpoint, const OutputFilms& films, ProgressMeter& meter);
    /// Frames of the input that earlier runs had made ahead of others.
    [[nodiscard]] std::int64_t ahead() const { return total().ahead; }
    /// Frames that came out, those of earlier runs included.
    [[nodiscard]] std::int64_t written() const { return outputs_before_ + total().written; }

  private:
    struct Work; ///< what `run` works on

    [[nodiscard]] bool scans(const Checkpoint& checkpoint) const;
    [[nodiscard]] std::unique_ptr<WorkQueue> make_queue(const Checkpoint& checkpoint,
                                                        Segmentation& segmentation) const;
    [[nodiscard]] Worker::Counts total() const;
    void drive(Work& work, Worker& worker, const std::string& device);
    void watch(Work& work, const Checkpoint& checkpoint, ProgressMeter& meter) const;
    void note_items(std::int64_t items, const Checkpoint& checkpoint) const;
    void fail(Work& work, const std::exception_ptr& why) const;
    [[nodiscard]] RunStats stats(const Checkpoint& checkpoint,
                                 const Segmentation& segmentation) const;

    Job& job_;
    PipelineOptions options_; ///< the plans', but for their device
    std::vector<std::unique_ptr<Worker>> workers_;
    std::int64_t outputs_before_ = 0;
};

} // namespace oldfilm::job
