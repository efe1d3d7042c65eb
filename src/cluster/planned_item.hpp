#pragma once
/// \file
/// The work queue of a worker that restores one item of a plan.

#include "cluster/items.hpp"
#include "cluster/segment_folder.hpp"
#include "job/segmentation.hpp"
#include "job/work_queue.hpp"

#include <cstdint>
#include <optional>

namespace oldfilm::cluster {

/// What is left of an item after the segments that are complete.
class PlannedItem final : public job::WorkQueue {
  public:
    /// `film` was scanned to its end. Both outlive this.
    PlannedItem(int number, const Item& item, const job::Segmentation& film,
                const SegmentFolder& segments);

    /// Whether all of its segments are complete.
    [[nodiscard]] bool is_done() const { return !left_; }
    /// The first frame that its run reads.
    [[nodiscard]] std::int64_t begins() const { return left_ ? left_->from.frame : item_.next; }
    /// Time of the first frame after it; nothing at the film's end.
    [[nodiscard]] std::optional<Rational> next_time() const;

    std::optional<job::WorkItem> take() override;
    std::optional<Frame> read(const job::WorkItem& item, job::Source& source) override;
    void see(const FrameInfo& /*info*/) override {}
    std::int64_t last_segment(const job::WorkItem& /*item*/) override {
        return item_.next_segment - 1;
    }
    [[nodiscard]] std::int64_t frames_before() const override { return begins(); }
    [[nodiscard]] std::optional<std::int64_t> items() const override { return 1; }
    void stop() override {}

  private:
    void find_left(int number, const SegmentFolder& segments);

    const Item item_;
    const job::Segmentation& film_;
    std::optional<job::WorkItem> left_;
};

} // namespace oldfilm::cluster
