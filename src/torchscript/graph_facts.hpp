#pragma once
/// \file
/// What is known of a graph's values for inputs of one size.

#include <ATen/core/ivalue.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace torch::jit {
struct Graph;
struct Node;
struct Value;
} // namespace torch::jit

namespace oldfilm {

/// Sizes and types of tensors, and numbers that follow from sizes alone, learned by running a graph
/// once with questions in it.
class GraphFacts {
  public:
    /// What the run of a probe on this thread finds, while this lives. All memory for it is there
    /// before: small pieces that stay would come to lie between the network's large ones, and
    /// glibc's aligned memory would never fit into those gaps again.
    class ProbeResults {
      public:
        explicit ProbeResults(const GraphFacts& of);
        ~ProbeResults();
        ProbeResults(const ProbeResults&) = delete;
        ProbeResults& operator=(const ProbeResults&) = delete;
        /// What the questions do.
        static void note(const at::Tensor& tensor, std::int64_t number);

      private:
        friend class GraphFacts;
        struct Noted {
            std::int64_t dimensions = -1; ///< -1: not seen
            std::array<std::int64_t, 8> sizes{};
            at::ScalarType type = at::kFloat;
        };
        std::vector<Noted> noted_;
    };

    /// `graph` is not changed later.
    explicit GraphFacts(std::shared_ptr<torch::jit::Graph> graph);
    /// The graph with questions, and with `numbers()` outputs after its own.
    [[nodiscard]] std::shared_ptr<torch::jit::Graph> probe() const;
    [[nodiscard]] std::size_t numbers() const noexcept { return numbers_; }
    /// A copy whose values have complete tensor types, and constants for such numbers.
    [[nodiscard]] std::shared_ptr<torch::jit::Graph>
    stated(const ProbeResults& answers, c10::ArrayRef<c10::IValue> numbers) const;

  private:
    std::shared_ptr<torch::jit::Graph> graph_;
    std::size_t tensors_ = 0, numbers_ = 0;
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
/// Whether the node is of one of these kinds.
bool among(std::span<const std::string_view> names, const torch::jit::Node& node);
/// A constant list of integers.
std::optional<std::vector<std::int64_t>> integers(const torch::jit::Value& value);

} // namespace oldfilm
