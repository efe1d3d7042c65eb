#pragma once
/// \file
/// A pass over a frozen graph for CPUs: convolutions as oneDNN does them best.

#include <ATen/core/Tensor.h>
#include <ATen/core/ivalue.h>

#include <memory>
#include <vector>

namespace torch::jit {
struct Graph;
} // namespace torch::jit

namespace oldfilm {

/// Replaces two-dimensional convolutions with constant weights by oneDNN's, whose weights are laid
/// out for the processor once rather than at every call, with the ReLU (or leaky ReLU) or the
/// addition of a skip path that follows as part of the same operation. Convolutions that do not fit
/// (transposed, grouped, inside a branch) stay as they are. For float32 and bfloat16.
///
/// The best layout of a weight, and whether an addition is one of equal shapes, depend on the size
/// of the network's inputs. They are learned by running `probe` once for each size.
class PackedConvolutions {
  public:
    /// A graph for inputs of one size. It takes `weights` as its last inputs.
    struct Variant {
        std::shared_ptr<torch::jit::Graph> graph;
        std::vector<at::Tensor> weights;
    };

    /// `graph` has been through `prepare_convolutions`, and is not changed.
    explicit PackedConvolutions(std::shared_ptr<torch::jit::Graph> graph);

    /// Whether there is nothing to replace.
    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    /// The graph with facts about its convolutions as outputs after its own.
    [[nodiscard]] std::shared_ptr<torch::jit::Graph> probe() const;
    /// How many facts there are.
    [[nodiscard]] std::size_t facts() const noexcept { return 2 * count_; }
    /// The graph for inputs of the size that gave these facts, with or without additions fused.
    [[nodiscard]] Variant variant(c10::ArrayRef<c10::IValue> facts, bool additions) const;

  private:
    std::shared_ptr<torch::jit::Graph> graph_;
    std::size_t count_ = 0;
};

} // namespace oldfilm
