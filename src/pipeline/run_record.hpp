#pragma once
/// \file
/// What a run notes about itself while it works.

#include <oldfilm/pipeline.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace oldfilm {

/// Counters and findings of a run. Thread-safe.
class RunRecord {
  public:
    /// `analysis`: what an earlier run found.
    explicit RunRecord(std::vector<std::string> analysis) { stats_.analysis = std::move(analysis); }

    std::atomic<std::int64_t> uploads{0},
        downloads{0}; ///< frames that crossed to and from a device
    std::atomic<std::int64_t> frames_in{0}, frames_out{0};

    void add_shot(std::int64_t first) {
        const std::lock_guard lock(mutex_);
        stats_.shots.push_back(first);
    }
    void add_analysis(std::string found) {
        const std::lock_guard lock(mutex_);
        stats_.analysis.push_back(std::move(found));
    }
    /// What the edges hold after a step, and the stages' time so far.
    void note_step(std::int64_t frames, std::int64_t bytes, std::vector<double> seconds) {
        const std::lock_guard lock(mutex_);
        stats_.peak_frames = std::max(stats_.peak_frames, frames);
        stats_.peak_bytes = std::max(stats_.peak_bytes, bytes);
        stats_.stage_seconds = std::move(seconds);
    }
    [[nodiscard]] RunStats stats() const {
        const std::lock_guard lock(mutex_);
        RunStats stats = stats_;
        stats.uploads = uploads;
        stats.downloads = downloads;
        return stats;
    }

  private:
    mutable std::mutex mutex_; ///< guards what follows
    RunStats stats_;
};

} // namespace oldfilm
