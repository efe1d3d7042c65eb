#pragma once
/// \file
/// Convolutions in a frozen graph, and what follows them.

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace torch::jit {
struct Node;
struct Value;
} // namespace torch::jit

namespace oldfilm {

/// A convolution's inputs, where they are known now.
struct Convolution {
    at::Tensor weight;
    std::vector<std::int64_t> stride_now, padding_now, dilation_now;
    torch::jit::Value *bias, *stride, *padding, *dilation, *groups;
};

/// Two-dimensional, ungrouped, with a constant weight of float32 or bfloat16; nullopt for what is
/// no such convolution.
std::optional<Convolution> understand(const torch::jit::Node& node);

/// The only node that uses a node's output, in the same block; null when there are several.
torch::jit::Node* only_user(const torch::jit::Node& node);

/// What follows a convolution and can be done with it.
struct Activation {
    torch::jit::Node* node = nullptr; ///< null when there is none
    std::string name = "none";
    std::optional<double> slope;
};

Activation activation_of(const torch::jit::Node& node);

/// An addition of a node's output to as many values of the same type that were known before it.
struct Addition {
    torch::jit::Node* node = nullptr; ///< null when there is none
    std::size_t other = 0;            ///< which of its operands is known
    [[nodiscard]] torch::jit::Value* operand() const;
};

Addition addition_of(const torch::jit::Node& node);

} // namespace oldfilm
