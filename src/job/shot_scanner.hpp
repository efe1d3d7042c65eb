#pragma once
/// \file
/// Reads a film ahead of those who restore it, to say what there is to do.

#include "job/segmentation.hpp"
#include "job/source.hpp"
#include "pipeline/run_spec.hpp"

#include <oldfilm/pipeline.hpp>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace oldfilm::job {

/// Finds shots as a run of the whole film does (it is one, without stages), and cuts the film into
/// items: whole segments from one cut to another. Goes on until so many items wait to be taken. All
/// functions are for any thread; those that wait throw what went wrong with reading.
class ShotScanner {
  public:
    struct WorkItem {
        std::int64_t number = 0;  ///< from 0, in the film's order
        std::int64_t segment = 0; ///< its first one that is to be made
        std::int64_t frame = 0;   ///< of the film, that stages must see first
    };
    /// `source` gives the film from its start; `segmentation` know nothing yet. Both outlive this.
    /// `known`: where an earlier run got to, which had `frames_done` of the frames and the segments
    /// before `segment` done.
    ShotScanner(Source& source, const StreamFormat& format, const pipeline::ResumePoint& known,
                std::int64_t frames_done, std::int64_t segment, Segmentation& segmentation,
                std::size_t most_waiting, std::shared_ptr<Profile> profile);
    ~ShotScanner();
    ShotScanner(const ShotScanner&) = delete;
    ShotScanner& operator=(const ShotScanner&) = delete;

    /// The next item; nothing when there are no more. Waits until it is known.
    std::optional<WorkItem> take();
    /// Whether frame `frame` belongs to the item, or to one before. Waits until it is known.
    bool contains(const WorkItem& item, std::int64_t frame);
    /// First frame after the item. Waits until it is known.
    std::int64_t end_of(const WorkItem& item);
    /// Time of that frame; nothing at the film's end.
    std::optional<Rational> resumes_at(const WorkItem& item);

    /// The shot of a frame that was told of.
    [[nodiscard]] std::int32_t shot_of(std::int64_t frame) const;
    /// First frames of the shots so far.
    [[nodiscard]] std::vector<std::int64_t> shots() const;
    /// How many items there are; nothing before the film was read to its end.
    [[nodiscard]] std::optional<std::int64_t> items() const;
    /// Ends soon; who waits is told that the run was cancelled.
    void stop();

  private:
    void read(const StreamFormat& format, const pipeline::ResumePoint& known,
              std::shared_ptr<Profile> profile);
    bool add(const FrameInfo& info);
    void end_with(std::exception_ptr failure);
    [[nodiscard]] std::optional<std::int64_t> known_end(const WorkItem& item) const;
    void check() const;

    Source& source_;
    Segmentation& segmentation_;
    const std::int64_t frames_done_;
    const WorkItem first_;
    const std::size_t most_waiting_;

    mutable std::mutex mutex_; ///< guards what follows
    std::condition_variable changed_;
    std::vector<std::int64_t> shots_;
    std::vector<std::int64_t> begins_; ///< of items, where their frames to be made begin
    std::deque<WorkItem> waiting_;
    std::int64_t frames_ = 0; ///< told of so far
    bool over_ = false;
    bool stopping_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

} // namespace oldfilm::job
