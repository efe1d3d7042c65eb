#pragma once
/// \file
/// A pass over a stated graph for CPUs: convolutions as oneDNN does them best.

#include <ATen/core/Tensor.h>

#include <vector>

namespace torch::jit {
struct Graph;
} // namespace torch::jit

namespace oldfilm {

/// Replaces two-dimensional convolutions with constant weights by oneDNN's, whose weights are laid
/// out for the processor once rather than at every call, with the ReLU (leaky ReLU, sigmoid)
/// or the addition of a skip path that follows as part of the same operation. Convolutions that do
/// not fit (transposed, grouped, inside a branch) stay as they are, all of them in a LibTorch
/// without oneDNN. For float32 and bfloat16.
///
/// The best layout of a weight, and whether an addition is one of equal shapes, depend on the size
/// of the network's inputs: the graph must be stated (see GraphFacts), and have been through
/// `prepare_convolutions`. Gives the weights, which the graph takes as its last inputs. With or
/// without additions fused.
std::vector<at::Tensor> pack_convolutions(torch::jit::Graph& graph, bool additions);

} // namespace oldfilm
