#pragma once
/// \file
/// What a worker makes of an item on its way to the folder of segments.

#include "cluster/items.hpp"
#include "cluster/segment_folder.hpp"
#include "job/segment_recorder.hpp"

#include <oldfilm/time.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace oldfilm::cluster {

/// Segments grow in a folder of this worker's own, which goes with this, and move to the others
/// when they are complete.
class ItemRecorder final : public job::SegmentRecorder {
  public:
    /// `next_time`: of the first frame after the item; nothing at the film's end. `segments`
    /// outlives this.
    ItemRecorder(const SegmentFolder& segments, std::filesystem::path own, const Item& item,
                 std::optional<Rational> next_time);
    ~ItemRecorder() override;

    [[nodiscard]] const std::filesystem::path& folder() const override { return own_; }
    void add(const job::Segment& segment) override;
    std::optional<Ahead> adopt_ahead(std::int64_t /*segment*/) override { return std::nullopt; }
    /// Frames of the segments that were added.
    [[nodiscard]] std::int64_t frames() const { return frames_; }

  private:
    const SegmentFolder& segments_;
    std::filesystem::path own_;
    Item item_;
    std::optional<Rational> next_time_;
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
    std::atomic<std::int64_t> frames_ = 0;
};

} // namespace oldfilm::cluster
