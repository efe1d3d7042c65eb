#pragma once
/// \file
/// Reads a film ahead of those who restore it, to say what there is to do.

#include "job/boundaries.hpp"
#include "job/source.hpp"

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
/// units: whole pieces from one cut to another. Goes on until so many units wait to be taken. All
/// functions are for any thread; those that wait throw what went wrong with reading.
class Scout {
  public:
    struct Unit {
        std::int64_t number = 0; ///< from 0, in the film's order
        std::int64_t piece = 0;  ///< its first one that is to be made
        std::int64_t frame = 0;  ///< of the film, that stages must see first
    };
    /// `source` gives the film from its start; `boundaries` know nothing yet. Both outlive this.
    /// `known`: where an earlier run got to, which had `frames_done` of the frames and the pieces
    /// before `piece` done.
    Scout(Source& source, const StreamFormat& format, const StartPoint& known,
          std::int64_t frames_done, std::int64_t piece, Boundaries& boundaries,
          std::size_t most_waiting, PipelineOptions options);
    ~Scout();
    Scout(const Scout&) = delete;
    Scout& operator=(const Scout&) = delete;

    /// The next unit; nothing when there are no more. Waits until it is known.
    std::optional<Unit> take();
    /// Whether frame `frame` belongs to the unit, or to one before. Waits until it is known.
    bool reaches(const Unit& unit, std::int64_t frame);
    /// First frame after the unit. Waits until it is known.
    std::int64_t end_of(const Unit& unit);
    /// Time of that frame; nothing at the film's end.
    std::optional<Rational> goes_on(const Unit& unit);

    /// The shot of a frame that was told of.
    [[nodiscard]] std::int32_t shot_of(std::int64_t frame) const;
    /// First frames of the shots so far.
    [[nodiscard]] std::vector<std::int64_t> shots() const;
    /// How many units there are; nothing before the film was read to its end.
    [[nodiscard]] std::optional<std::int64_t> units() const;
    /// Ends soon; who waits is told that the run was cancelled.
    void stop();

  private:
    void read(const StreamFormat& format, const StartPoint& known, PipelineOptions options);
    bool add(const FrameInfo& info);
    void end_with(std::exception_ptr failure);
    [[nodiscard]] std::optional<std::int64_t> known_end(const Unit& unit) const;
    void check() const;

    Source& source_;
    Boundaries& boundaries_;
    const std::int64_t frames_done_;
    const Unit first_;
    const std::size_t most_waiting_;

    mutable std::mutex mutex_; ///< guards what follows
    std::condition_variable changed_;
    std::vector<std::int64_t> shots_;
    std::vector<std::int64_t> begins_; ///< of units, where their frames to be made begin
    std::deque<Unit> waiting_;
    std::int64_t frames_ = 0; ///< told of so far
    bool over_ = false;
    bool stopping_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

} // namespace oldfilm::job
