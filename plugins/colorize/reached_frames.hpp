#pragma once
/// \file
/// The frames whose colors are averaged for one of them.

#include "steady.hpp"

#include <cstdint>
#include <map>
#include <utility>

namespace oldfilm::stages {

/// The frames in reach with their colors before averaging, and the motion between them, each made
/// once. They hold only what the frames of a window give, so that an output depends on its window
/// alone.
class ReachedFrames {
  public:
    void clear();
    /// Frames before `number` are out of reach.
    void forget_before(std::int64_t number);
    [[nodiscard]] bool has(std::int64_t number) const { return frames_.count(number) > 0; }
    void add(std::int64_t number, SmallFrame frame);
    /// The colors of frame `number`, averaged over all that are in reach: 1 x 2 x H x W.
    at::Tensor averaged(const sdk::Host& host, std::int64_t number);

  private:
    const std::pair<Step, Step>& steps(const sdk::Host& host, std::int64_t number,
                                       const SmallFrame& first, const SmallFrame& second);

    std::map<std::int64_t, SmallFrame> frames_; ///< by number
    /// By number: from the frame to the next one, and back.
    std::map<std::int64_t, std::pair<Step, Step>> steps_;
};

} // namespace oldfilm::stages
