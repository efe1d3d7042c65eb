#pragma once
/// \file
/// Where a film is divided into segments that are finished one by one.

#include <oldfilm/time.hpp>

#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace oldfilm::job {

/// Told each frame of the input in order, it says to which segment a frame of an output belongs. A
/// segment ends at a cut, or where it gets long; that depends on the film alone. Thread-safe.
class Segmentation {
  public:
    static constexpr std::int64_t longest = 250; ///< frames
    static constexpr std::int64_t shortest = 12; ///< shots that are shorter share a segment

    /// Nothing known.
    Segmentation() = default;
    /// `starts` of segments are known, and the last of them is the first that is still to be made;
    /// frames come from `first` on, which is at or before it.
    Segmentation(std::vector<std::int64_t> starts, std::int64_t first)
        : first_(first), starts_(std::move(starts)) {}

    /// Frame `index`, in order without gaps, is in this shot and at this time (seconds).
    void see(std::int64_t index, std::int32_t shot, Rational time);

    /// The segment that a frame of `shot` at `time` is part of: that of the last frame of the input
    /// at or before it, and within the shot. (Where the rate changes twice, the second change holds
    /// a shot until its first one gives a frame of the next, which may be after the cut.)
    [[nodiscard]] std::int64_t segment_at(Rational time, std::int32_t shot) const;
    [[nodiscard]] std::int64_t segment_of(std::int64_t index) const;
    /// First frame of segment `number`; that after the last segment so far: the frames seen.
    [[nodiscard]] std::int64_t start_of(std::int64_t number) const;
    [[nodiscard]] std::int64_t seen() const;
    [[nodiscard]] Rational time_of(std::int64_t index) const;

  private:
    [[nodiscard]] std::int64_t segment_of_seen(std::int64_t index) const;

    mutable std::mutex mutex_;
    std::int64_t first_ = 0;
    std::vector<std::int64_t> starts_;
    std::vector<Rational> times_;                ///< of frames from `first_` on
    std::map<std::int32_t, std::int64_t> shots_; ///< first frames of those seen, by number
};

} // namespace oldfilm::job
