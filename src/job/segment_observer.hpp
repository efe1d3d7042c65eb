#pragma once
/// \file
/// Who stores something of his own for each segment of a job.

#include <cstdint>

namespace oldfilm::job {

/// Called when frames are about to be recorded as complete, so that what it stores of them is on
/// the disk before.
class SegmentObserver {
  public:
    SegmentObserver() = default;
    SegmentObserver(const SegmentObserver&) = delete;
    SegmentObserver& operator=(const SegmentObserver&) = delete;
    virtual ~SegmentObserver() = default;
    /// Frames [first, next) of the input, all of which the job's frame observer has seen. Called on
    /// any thread, also on several at a time; an exception ends the job, which is resumed before
    /// these frames.
    virtual void complete(std::int64_t first, std::int64_t next) = 0;
    /// Whether it has these frames of an earlier rendering, whose segment can be adopted only then.
    /// Called before the job's work begins.
    [[nodiscard]] virtual bool has(std::int64_t first, std::int64_t next) = 0;
};

} // namespace oldfilm::job
