#pragma once
/// \file
/// A pass over a graph for CPUs: sampling by a grid on all threads.

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace torch::jit {
struct Graph;
} // namespace torch::jit

namespace oldfilm {

/// LibTorch shares `grid_sampler` between its threads by samples of the batch, so that one picture
/// keeps one thread busy. Here its rows are the samples: to the last bit the same.
void share_sampling(torch::jit::Graph& graph);

/// What stands in the graph then; arguments as `at::grid_sampler` has them.
at::Tensor sample_by_rows(const at::Tensor& input, const at::Tensor& grid,
                          std::int64_t interpolation, std::int64_t padding, bool align_corners);

} // namespace oldfilm
