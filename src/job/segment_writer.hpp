#pragma once
/// \file
/// What one run makes of a film, kept in segments.

#include "job/output_film.hpp"
#include "job/segment_observer.hpp"
#include "job/segment_recorder.hpp"
#include "job/segment_store.hpp"
#include "job/segmentation.hpp"
#include "job/segmented_film.hpp"
#include "job/work_queue.hpp"
#include "pipeline/run_spec.hpp"

#include <oldfilm/pipeline.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace oldfilm::job {

/// What all segment writers of a job share. All of it outlives them.
struct SegmentedJob {
    const OutputFilms& films;
    SegmentRecorder& recorder;
    Segmentation& segmentation;
    FirstTimeBase& film_base;
    FirstTimeBase& mask_base;
    Profile* profile = nullptr;           ///< may be null
    SegmentObserver* completed = nullptr; ///< may be null
    SegmentStore* store = nullptr;        ///< may be null
};

/// Cuts what a run makes (the film, its masks, its evidence) into segments on the disk, and records
/// each when it is complete. `see` is called on the run's worker thread, the rest on the thread
/// that takes the run's frames.
class SegmentWriter final : public pipeline::FrameObserver {
  public:
    SegmentWriter(const SegmentedJob& job, WorkQueue& queue, const WorkItem& item);

    /// A frame where it still has the source's size and rate.
    void see(const Frame& frame) override;
    /// Whether the masks can't be written; `drain` throws why.
    [[nodiscard]] bool failed() const { return failed_; }
    /// Whether a frame of the output was made again only because later ones needed it.
    [[nodiscard]] bool is_done(const Frame& frame) const;
    /// A frame of the output of `run`. False: it can't be written; `drain` throws why.
    [[nodiscard]] bool push(const Frame& frame, const Run& run);
    /// Waits until everything that was pushed is written, and ends the last segment, which is
    /// `last`.
    void drain(std::int64_t last, const Run& run);
    /// Adds the segments that have become complete. A segment is complete when the next one has
    /// begun, or at the item's end.
    void add_complete(const Run& run);

  private:
    [[nodiscard]] bool is_complete(std::int64_t segment) const;
    [[nodiscard]] Segment record(std::int64_t number, const Run& run);
    [[nodiscard]] std::vector<std::string> findings(const Run& run, std::int64_t first,
                                                    std::int64_t last);

    const SegmentedJob& job_;
    WorkQueue& queue_;
    const pipeline::ResumePoint from_;
    const std::int64_t first_;                          ///< segment to be made
    std::int64_t next_;                                 ///< segment that is not recorded yet
    std::optional<std::int64_t> last_;                  ///< segment, once it is known
    std::multimap<std::int64_t, std::string> findings_; ///< of the run's analysis, by shot
    std::size_t findings_read_ = 0;
    std::atomic<bool> failed_ = false;

    std::mutex mutex_;
    std::set<std::int64_t> marked_; ///< segments in which something was repaired; guarded

    std::optional<SegmentedFilm> masks_, evidence_;
    SegmentedFilm film_;
};

} // namespace oldfilm::job
