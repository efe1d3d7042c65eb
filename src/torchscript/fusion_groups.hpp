#pragma once
/// \file
/// Which operations of a graph are fused into one row program, and in which order they run.

#include <cstddef>
#include <unordered_map>
#include <vector>

namespace torch::jit {
struct Graph;
struct Node;
struct Value;
} // namespace torch::jit

namespace oldfilm {

/// Divides the nodes of a stated graph (see GraphFacts) into levels: steps between what is left to
/// LibTorch. A group consists of members of one level that are connected; it reads only what lower
/// levels made.
class FusionGroups {
  public:
    /// Of a node.
    struct State {
        bool member = false; ///< a row program can hold it
        bool early = false;  ///< depends on small values only: done before the rest of its level
        bool view = false;   ///< makes no tensor of its own
        std::size_t level = 0;
    };

    /// `graph` must outlive it and is not changed.
    explicit FusionGroups(torch::jit::Graph& graph);
    /// In the order of the graph.
    [[nodiscard]] const std::vector<torch::jit::Node*>& nodes() const noexcept { return nodes_; }
    [[nodiscard]] const State& state(const torch::jit::Node* node) const {
        return states_.at(node);
    }
    /// Members of one level that are connected, each group in the order of the graph.
    std::vector<std::vector<torch::jit::Node*>> groups();

  private:
    [[nodiscard]] bool is_member(const torch::jit::Node& node) const;
    [[nodiscard]] bool joins_features(torch::jit::Node& node) const;
    [[nodiscard]] bool waits(torch::jit::Node& node) const;
    void find_members();
    template <class F>
    void forward(F own);
    void find_earliest();
    std::size_t latest(const torch::jit::Value& value);
    void find_latest();
    void settle();

    torch::jit::Graph& graph_;
    std::vector<torch::jit::Node*> nodes_;
    std::unordered_map<const torch::jit::Node*, State> states_;
    std::size_t last_level_ = 0;
};

} // namespace oldfilm
