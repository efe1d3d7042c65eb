#include "model/packed_convolution.hpp"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <optional>
#include <string>
#include <string_view>

namespace oldfilm {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

std::optional<c10::OperatorHandle> operation(const char* name, std::size_t arguments) {
    const auto found = c10::Dispatcher::singleton().findSchema({name, ""});
    // Another LibTorch may have another one, or be built without oneDNN.
    return found && found->schema().arguments().size() == arguments ? found : std::nullopt;
}

bool is(const Node& node, std::string_view name) {
    return node.kind().toQualString() == name;
}

/// A convolution's inputs, where they are known now.
struct Convolution {
    UnpackedWeight unpacked;
    Value *bias, *stride, *padding, *dilation, *groups;
};

std::optional<std::vector<std::int64_t>> integers(const Value* value) {
    const auto known = torch::jit::toIValue(value);
    if (!known || !known->isIntList()) {
        return std::nullopt;
    }
    return known->toIntVector();
}

std::optional<Convolution> understand(const Node& node) {
    const bool plain = is(node, "aten::conv2d");
    if (!plain && !is(node, "aten::_convolution")) {
        return std::nullopt;
    }
    const auto weight = torch::jit::toIValue(node.input(1));
    const auto bias = torch::jit::toIValue(node.input(2));
    const auto stride = integers(node.input(3));
    const auto padding = integers(node.input(4));
    const auto dilation = integers(node.input(5));
    const auto transposed =
        plain ? std::optional(c10::IValue(false)) : torch::jit::toIValue(node.input(6));
    Value* groups_value = node.input(plain ? 6 : 8);
    const auto groups = torch::jit::toIValue(groups_value);
    if (!weight || !weight->isTensor() || weight->toTensor().dim() != 4 || !bias || !stride ||
        !padding || !dilation || !transposed || transposed->toBool() || !groups ||
        groups->toInt() != 1) {
        return std::nullopt;
    }
    const at::ScalarType type = weight->toTensor().scalar_type();
    if (type != at::kFloat && type != at::kBFloat16) {
        return std::nullopt;
    }
    return Convolution{{weight->toTensor(), *stride, *padding, *dilation},
                       node.input(2),
                       node.input(3),
                       node.input(4),
                       node.input(5),
                       groups_value};
}

/// What follows a convolution and can be done with it.
struct Activation {
    Node* node = nullptr; ///< null when there is none
    std::string name = "none";
    std::optional<double> slope;
};

Activation activation_of(const Node& node) {
    if (node.output()->uses().size() != 1) {
        return {};
    }
    Node* user = node.output()->uses().front().user;
    if (user->owningBlock() != node.owningBlock()) {
        return {};
    }
    if (is(*user, "aten::relu") || is(*user, "aten::relu_")) {
        return {user, "relu", std::nullopt};
    }
    if (is(*user, "aten::leaky_relu") || is(*user, "aten::leaky_relu_")) {
        const auto slope = torch::jit::toIValue(user->input(1));
        if (slope && slope->isScalar()) {
            return {user, "leaky_relu", slope->toScalar().toDouble()};
        }
    }
    return {};
}

void replace(Graph& graph, Node& node, const Convolution& from) {
    const Activation activation = activation_of(node);
    Value* weight = graph.addInput();
    weight->setType(c10::TensorType::get());
    const torch::jit::WithInsertPoint before(&node);
    c10::impl::GenericList scalars(c10::OptionalType::create(c10::NumberType::get()));
    if (activation.slope) {
        scalars.push_back(*activation.slope);
    }
    // _convolution_pointwise(X, W, B, padding, stride, dilation, groups, attr, scalars, algorithm)
    Node* fused = graph.create(c10::Symbol::fromQualString("mkldnn::_convolution_pointwise"),
                               {node.input(0), weight, from.bias, from.padding, from.stride,
                                from.dilation, from.groups, graph.insertConstant(activation.name),
                                graph.insertConstant(c10::IValue(scalars)),
                                graph.insertConstant(c10::IValue())});
    graph.insertNode(fused);
    fused->output()->setType(c10::TensorType::get());
    Node* last = activation.node == nullptr ? &node : activation.node;
    last->output()->replaceAllUsesWith(fused->output());
    if (activation.node != nullptr) {
        activation.node->destroy();
    }
    node.destroy();
}

std::vector<Node*> convolutions(Graph& graph) {
    std::vector<Node*> found;
    for (Node* node : graph.nodes()) {
        if (understand(*node)) {
            found.push_back(node);
        }
    }
    return found;
}

constexpr const char* reorder_name = "mkldnn::_reorder_convolution_weight";

} // namespace

at::Tensor UnpackedWeight::pack(const std::vector<std::int64_t>& input_size) const {
    torch::jit::Stack stack{weight, padding, stride, dilation, std::int64_t{1}, input_size};
    operation(reorder_name, stack.size())->callBoxed(stack);
    return stack.back().toTensor();
}

PackedConvolutions pack_convolutions(torch::jit::Graph& graph) {
    if (!operation(reorder_name, 6) || !operation("mkldnn::_convolution_pointwise", 10)) {
        return {};
    }
    PackedConvolutions result;
    result.probe = graph.copy();
    for (Node* node : convolutions(*result.probe)) {
        const torch::jit::WithInsertPoint before(node);
        result.probe->registerOutput(
            result.probe->insert(c10::Symbol::fromQualString("aten::size"), {node->input(0)}));
    }
    for (Node* node : convolutions(graph)) {
        const auto convolution = understand(*node);
        result.weights.push_back(convolution->unpacked);
        replace(graph, *node, *convolution);
    }
    return result;
}

} // namespace oldfilm
