#pragma once
/// \file
/// What is known of a graph's values for inputs of one size.

#include <ATen/core/ivalue.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace torch::jit {
struct Graph;
struct Node;
struct Value;
} // namespace torch::jit

namespace oldfilm {

/// Sizes and types of tensors, and numbers that follow from sizes alone, learned by running a graph
/// once with them as further outputs.
class GraphFacts {
  public:
    /// `graph` is not changed later.
    explicit GraphFacts(std::shared_ptr<torch::jit::Graph> graph);
    /// The graph with `count()` facts as outputs after its own.
    [[nodiscard]] std::shared_ptr<torch::jit::Graph> probe() const;
    [[nodiscard]] std::size_t count() const noexcept { return count_; }
    /// A copy whose values have complete tensor types, and constants for such numbers.
    [[nodiscard]] std::shared_ptr<torch::jit::Graph> stated(c10::ArrayRef<c10::IValue> facts) const;

  private:
    std::shared_ptr<torch::jit::Graph> graph_;
    std::size_t count_ = 0;
};

/// A tensor's sizes and element type, where its graph states them.
struct TensorFact {
    std::vector<std::int64_t> sizes;
    at::ScalarType type = at::kFloat;
    [[nodiscard]] std::int64_t elements() const;
};
std::optional<TensorFact> fact_of(const torch::jit::Value& value);

bool is_tensor(const torch::jit::Value& value);
bool is(const torch::jit::Node& node, std::string_view name);

} // namespace oldfilm
