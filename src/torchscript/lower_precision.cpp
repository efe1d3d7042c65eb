#include "torchscript/lower_precision.hpp"

#include "torchscript/graph_facts.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

namespace oldfilm {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// Operations whose second and third inputs are weight and bias.
constexpr std::array<std::string_view, 8> weighted{
    "aten::conv1d",           "aten::conv2d",
    "aten::conv3d",           "aten::_convolution",
    "aten::conv_transpose1d", "aten::conv_transpose2d",
    "aten::conv_transpose3d", "aten::linear"};

/// Products whose factors must be of one type.
constexpr std::array<std::string_view, 6> products{
    "aten::matmul",  "aten::bmm",   "aten::mm",
    "aten::baddbmm", "aten::addmm", "aten::scaled_dot_product_attention"};

/// Coordinates, statistics and exponentials: half precision has too few bits for them.
constexpr std::array<std::string_view, 10> exact{
    "aten::grid_sampler", "aten::group_norm", "aten::layer_norm",  "aten::instance_norm",
    "aten::batch_norm",   "aten::softmax",    "aten::log_softmax", "aten::exp",
    "aten::log",          "aten::norm"};

/// Operations whose result is of their first input's type.
constexpr std::array<std::string_view, 8> keeping{
    "aten::relu",  "aten::relu_",         "aten::leaky_relu",      "aten::leaky_relu_",
    "aten::prelu", "aten::pixel_shuffle", "aten::pixel_unshuffle", "aten::max_pool2d"};

std::optional<at::Tensor> constant(const Value& value) {
    const std::optional<c10::IValue> found = torch::jit::toIValue(&value);
    if (found && found->isTensor()) {
        return found->toTensor();
    }
    return std::nullopt;
}

class PrecisionPass {
  public:
    PrecisionPass(Graph& graph, at::ScalarType type) : graph_(graph), type_(type) {}

    void over(Block& block) {
        const std::vector<Node*> nodes(block.nodes().begin(), block.nodes().end());
        for (Node* node : nodes) {
            for (Block* inner : node->blocks()) {
                over(*inner);
            }
            if (among(weighted, *node)) {
                convolution(*node);
            } else if (is(*node, "aten::add") || is(*node, "aten::add_")) {
                bias(*node);
            } else if (type_ != at::kFloat && is(*node, "aten::prelu")) {
                weight(*node, 1); // its slopes must be of the picture's type
                inputs(*node, type_);
            } else if (type_ != at::kFloat && among(products, *node)) {
                inputs(*node, type_);
            } else if (type_ != at::kFloat && among(exact, *node)) {
                inputs(*node, at::kFloat);
            }
        }
    }

  private:
    void convolution(Node& node) {
        for (std::size_t i = 1; i < std::min<std::size_t>(node.inputs().size(), 3); ++i) {
            weight(node, i);
        }
        if (type_ != at::kFloat) {
            inputs(node, type_);
        }
    }

    /// What is learned for each place and added to a convolution's output is a bias.
    void bias(Node& node) {
        const std::optional<at::Tensor> added = constant(*node.input(1));
        if (added && added->defined() && added->dim() == 4 && is_converted(*node.input(0))) {
            weight(node, 1);
        }
    }

    void weight(Node& node, std::size_t input) {
        const std::optional<at::Tensor> known = constant(*node.input(input));
        if (!known || !known->defined() || !known->is_floating_point()) {
            return;
        }
        at::Tensor laid = known->to(type_);
        if (laid.dim() == 4) {
            laid = laid.contiguous(at::MemoryFormat::ChannelsLast);
        }
        const torch::jit::WithInsertPoint before(&node);
        node.replaceInput(input, graph_.insertConstant(laid));
    }

    /// Whether the value is of the pass's type for certain: another conversion would do nothing but
    /// hide from later passes what it is.
    [[nodiscard]] bool is_converted(const Value& value) const {
        const Node& source = *value.node();
        if (const std::optional<at::Tensor> known = constant(value)) {
            return known->defined() && known->scalar_type() == type_;
        }
        if (among(weighted, source)) {
            return true; // it comes earlier in the graph, and was seen to
        }
        if (among(keeping, source)) {
            return is_converted(*source.input(0));
        }
        const std::string_view name = source.kind().toQualString();
        return (name == "aten::add" || name == "aten::add_") && is_tensor(*source.input(1)) &&
               is_converted(*source.input(0)) && is_converted(*source.input(1));
    }

    /// Converts the node's tensors that are not constants of that type already.
    void inputs(Node& node, at::ScalarType type) {
        for (std::size_t i = 0; i < node.inputs().size(); ++i) {
            Value* value = node.input(i);
            if (!is_tensor(*value)) {
                continue;
            }
            if (type == type_ && is_converted(*value)) {
                continue;
            }
            const std::optional<at::Tensor> known = constant(*value);
            if (known && (!known->is_floating_point() || known->scalar_type() == type)) {
                continue;
            }
            const torch::jit::WithInsertPoint before(&node);
            node.replaceInput(
                i, graph_.insert(c10::Symbol::fromQualString("aten::to"), {value, type}));
        }
    }

    Graph& graph_;
    at::ScalarType type_;
};

} // namespace

void prepare_convolutions(torch::jit::Graph& graph, at::ScalarType type) {
    PrecisionPass(graph, type).over(*graph.block());
}

} // namespace oldfilm
