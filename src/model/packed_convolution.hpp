#pragma once
/// \file
/// A pass over a frozen graph for CPUs: convolutions with weights laid out once for oneDNN.

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace torch::jit {
struct Graph;
} // namespace torch::jit

namespace oldfilm {

/// A convolution whose weight waits to be laid out: the best layout depends on the size of its
/// input.
struct UnpackedWeight {
    at::Tensor weight;
    std::vector<std::int64_t> stride, padding, dilation;

    /// Laid out for an input N x C x H x W.
    [[nodiscard]] at::Tensor pack(const std::vector<std::int64_t>& input_size) const;
};

/// What became of a graph.
struct PackedConvolutions {
    std::vector<UnpackedWeight> weights;
    /// The graph as it was, with the size of each such convolution's input as outputs after its
    /// own.
    std::shared_ptr<torch::jit::Graph> probe;
};

/// Replaces two-dimensional convolutions with constant weights by oneDNN's, whose weights are laid
/// out for the processor once rather than at every call, with the ReLU (or leaky ReLU) that follows
/// as part of the same operation. Each packed weight becomes an input at the graph's end.
/// Convolutions that do not fit (transposed, grouped, inside a branch) stay as they are. To be run
/// after `prepare_convolutions`; for float32 and bfloat16.
PackedConvolutions pack_convolutions(torch::jit::Graph& graph);

} // namespace oldfilm
