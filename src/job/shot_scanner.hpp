#pragma once
/// \file
/// Looks ahead in a film for its shots, which several workers restore.

#include "job/checkpoint.hpp"
#include "job/segmentation.hpp"
#include "job/work_queue.hpp"

#include <oldfilm/pipeline.hpp>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace oldfilm::job {

/// Finds shots as a run of the whole film does (it is one, without stages), and cuts the film into
/// items: whole segments from one cut to another. Reads on until so many items wait to be taken.
class ShotScanner final : public WorkQueue {
  public:
    /// `source` gives the film from its start; `segmentation` knows nothing yet. Both outlive this.
    /// `options`: those of the plan that counts here are its `shots` and `profile`.
    ShotScanner(Source& source, const StreamFormat& format, const Checkpoint& checkpoint,
                Segmentation& segmentation, std::size_t most_waiting,
                const PipelineOptions& options);
    ~ShotScanner() override;

    std::optional<WorkItem> take() override;
    std::optional<Frame> read(const WorkItem& item, Source& source) override;
    void see(const FrameInfo& /*info*/) override {}
    std::int64_t last_segment(const WorkItem& item) override;
    [[nodiscard]] std::int64_t frames_before() const override { return first_.from.frame; }
    [[nodiscard]] std::optional<std::int64_t> items() const override;
    void stop() override;

  private:
    void scan(const StreamFormat& format, const PipelineOptions& options);
    bool add(const FrameInfo& info);
    void end_with(std::exception_ptr failure);
    [[nodiscard]] WorkItem item_at(std::int64_t segment, const FrameInfo& info) const;
    /// Whether frame `frame` belongs to the item, or to one before. Waits until it is known.
    bool contains(const WorkItem& item, std::int64_t frame);
    /// First frame after the item. Waits until it is known.
    std::int64_t end_of(const WorkItem& item);
    /// Time of that frame; nothing at the film's end.
    std::optional<Rational> resumes_at(const WorkItem& item);
    [[nodiscard]] std::optional<std::int64_t> known_end(const WorkItem& item) const;
    void check() const;

    Source& source_;
    Segmentation& segmentation_;
    const std::int64_t frames_done_;
    const WorkItem first_; ///< what is left of the shot that an earlier run was in
    const std::size_t most_waiting_;

    mutable std::mutex mutex_; ///< guards what follows
    std::condition_variable changed_;
    std::vector<std::int64_t> begins_; ///< of items, where their frames to be made begin
    std::deque<WorkItem> waiting_;
    std::int64_t frames_ = 0; ///< seen so far
    std::int32_t shot_ = -1;  ///< of the last one
    bool over_ = false;
    bool stopping_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

} // namespace oldfilm::job
