#pragma once
/// \file
/// A pass over a graph for CPUs: sampling by a grid on all threads.

namespace torch::jit {
struct Graph;
} // namespace torch::jit

namespace oldfilm {

/// LibTorch shares `grid_sampler` between its threads by samples of the batch, so that one picture
/// keeps one thread busy. Here its rows are the samples: to the last bit the same.
void share_sampling(torch::jit::Graph& graph);

} // namespace oldfilm
