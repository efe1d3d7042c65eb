#pragma once
/// \file
/// Color that is steady over time: the colors of neighboring frames, carried along optical flow.

#include <oldfilm/stage_torch.hpp>

#include <vector>

namespace oldfilm::stages {

/// A frame at the size that the network sees.
struct SmallFrame {
    at::Tensor luma;      ///< 1 x H x W, L / 100
    at::Tensor ab;        ///< 1 x 2 x H x W
    at::Tensor summand{}; ///< 1 x 3 x H x W: `ab` and ones, which become the weights' sum
};
/// What `steady` sums.
at::Tensor summand(const at::Tensor& ab);

/// How a frame's colors go to the next one over: computed once for a pair of neighbors.
struct Step {
    at::Tensor places; ///< 1 x H x W x 2: where each of the frame's pixels is in the neighbor
    /// 1 x 1 x H x W in [0, 1]: how well the neighbor, so moved, looks like the frame.
    at::Tensor trust;
};

/// The step by which `from`'s colors reach `to`.
Step step(const sdk::Host& host, const SmallFrame& from, const SmallFrame& to);

/// The mean of the colors of all frames of a window, each carried to frame `center` from neighbor
/// to neighbor and weighted by its trust. `forward[i]` leads from frame i to i + 1, `back[i]` from
/// i + 1 to i. A mean over a sliding window changes from frame to frame by no more than what enters
/// and leaves it.
at::Tensor steady(const std::vector<SmallFrame>& frames, std::size_t center,
                  const std::vector<Step>& forward, const std::vector<Step>& back);

} // namespace oldfilm::stages
