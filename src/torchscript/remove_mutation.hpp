#pragma once
/// \file
/// A pass over a graph: operations in place become operations that make a new tensor.

namespace torch::jit {
struct Graph;
} // namespace torch::jit

namespace oldfilm {

/// Turns `relu_` and the like into `relu` where nobody sees the difference. Packed convolutions
/// that add into their operand are left: all else that reads it comes before. False if something
/// else still changes tensors in place.
bool remove_mutation(torch::jit::Graph& graph);

} // namespace oldfilm
