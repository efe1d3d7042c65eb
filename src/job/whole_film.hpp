#pragma once
/// \file
/// The work queue of a single worker.

#include "job/checkpoint.hpp"
#include "job/segmentation.hpp"
#include "job/work_queue.hpp"

#include <optional>

namespace oldfilm::job {

/// What is left of a film, as one item. Its run finds the shots.
class WholeFilm final : public WorkQueue {
  public:
    /// `segmentation` is that of the checkpoint. It outlives this.
    WholeFilm(const Checkpoint& checkpoint, Segmentation& segmentation);

    std::optional<WorkItem> take() override;
    std::optional<Frame> read(const WorkItem& item, Source& source) override;
    void see(const FrameInfo& info) override;
    std::int64_t last_segment(const WorkItem& item) override;
    [[nodiscard]] std::int64_t frames_before() const override { return 0; }
    [[nodiscard]] std::optional<std::int64_t> items() const override { return {}; }
    void stop() override {}

  private:
    Segmentation& segmentation_;
    std::optional<WorkItem> item_;
};

} // namespace oldfilm::job
