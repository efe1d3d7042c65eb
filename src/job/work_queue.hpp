#pragma once
/// \file
/// What workers take from: the parts of a film.

#include "job/source.hpp"
#include "pipeline/run_spec.hpp"

#include <oldfilm/frame.hpp>

#include <cstdint>
#include <optional>

namespace oldfilm::job {

/// Some segments of a film that one run makes.
struct WorkItem {
    std::int64_t number = 0;    ///< from 0, in the order of the film
    std::int64_t segment = 0;   ///< the first one that is to be made
    pipeline::ResumePoint from; ///< where the run resumes
};

/// Hands out the work items of a film. All functions are for any thread; those that wait throw what
/// went wrong with reading, or `Error` (cancelled) after `stop`.
class WorkQueue {
  public:
    WorkQueue() = default;
    WorkQueue(const WorkQueue&) = delete;
    WorkQueue& operator=(const WorkQueue&) = delete;
    virtual ~WorkQueue() = default;

    /// The next item; empty when there are no more. Waits until it is known.
    virtual std::optional<WorkItem> take() = 0;
    /// The next frame that a run of the item sees; empty at the item's end. `source` is the
    /// worker's, at or before that frame.
    virtual std::optional<Frame> read(const WorkItem& item, Source& source) = 0;
    /// A frame of the item has passed the stages that keep size and rate.
    virtual void see(const FrameInfo& info) = 0;
    /// The last segment of the item, all of whose frames were read; -1 if it has none.
    virtual std::int64_t last_segment(const WorkItem& item) = 0;
    /// Number of frames before the first one that `read` gives.
    [[nodiscard]] virtual std::int64_t frames_before() const = 0;
    /// Number of items; empty before the film was read to its end.
    [[nodiscard]] virtual std::optional<std::int64_t> items() const = 0;
    /// Ends soon.
    virtual void stop() = 0;
};

} // namespace oldfilm::job
