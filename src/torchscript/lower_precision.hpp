#pragma once
/// \file
/// A pass over a frozen graph: which operations run in half precision, and in which memory format.

#include <ATen/core/Tensor.h>

namespace torch::jit {
struct Graph;
} // namespace torch::jit

namespace oldfilm {

/// Lays out constant weights of convolutions channels-last and, for a half precision, converts them
/// once and their inputs at each call. Operations between convolutions follow their inputs; those
/// that want inputs of one type, or lose too much, are given float32. (LibTorch's autocast would
/// convert the weights at every call, and resize in float32.)
void prepare_convolutions(torch::jit::Graph& graph, at::ScalarType type);

} // namespace oldfilm
