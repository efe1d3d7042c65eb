#pragma once
/// \file
/// Where a film is divided into segments that are finished one by one.

#include <oldfilm/time.hpp>

#include <cstdint>
#include <mutex>
#include <vector>

namespace oldfilm::job {

/// Told each frame of the input in order, it says which segment a frame belongs to. A segment ends
/// at a cut, or where it gets long; that depends on the film alone. Thread-safe.
class Segmentation {
  public:
    static constexpr std::int64_t longest = 250; ///< frames
    static constexpr std::int64_t shortest = 12; ///< shots that are shorter share a segment

    /// Nothing known.
    Segmentation() = default;
    /// `starts` of segments are known, and the last of them is the first that is still to be made;
    /// `shots` begin before that. Frames come from `first` on, which is at or before it.
    Segmentation(std::vector<std::int64_t> starts, std::vector<std::int64_t> shots,
                 std::int64_t first)
        : first_(first), starts_(std::move(starts)), shots_(std::move(shots)) {}

    /// Frame `index`, in order without gaps, is in this shot and at this time (seconds).
    void see(std::int64_t index, std::int32_t shot, Rational time);

    [[nodiscard]] std::int64_t segment_of(std::int64_t index) const;
    /// First frame of segment `number`; that after the last segment so far: the frames seen.
    [[nodiscard]] std::int64_t start_of(std::int64_t number) const;
    /// Number of the film's frames up to the last one seen.
    [[nodiscard]] std::int64_t seen() const;
    [[nodiscard]] Rational time_of(std::int64_t index) const;
    /// The shot of a frame that was seen.
    [[nodiscard]] std::int32_t shot_of(std::int64_t index) const;
    /// First frames of the shots so far.
    [[nodiscard]] std::vector<std::int64_t> shots() const;

  private:
    mutable std::mutex mutex_;
    std::int64_t first_ = 0;
    std::vector<std::int64_t> starts_;
    std::vector<std::int64_t> shots_;
    std::vector<Rational> times_; ///< of frames from `first_` on
};

} // namespace oldfilm::job
