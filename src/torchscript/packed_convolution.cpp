#include "torchscript/packed_convolution.hpp"

#include "torchscript/convolution_nodes.hpp"
#include "torchscript/graph_facts.hpp"

#include <ATen/ATen.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace oldfilm {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// Null when this LibTorch has another one, or is built without oneDNN.
std::optional<c10::OperatorHandle> operation(const char* name, const char* overload,
                                             std::size_t arguments) {
    const auto found = c10::Dispatcher::singleton().findSchema({name, overload});
    return found && found->schema().arguments().size() == arguments ? found : std::nullopt;
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
constexpr const char* convolution_name = "mkldnn::_convolution_pointwise";
/// Adds to a tensor that is given, and gives that.
constexpr const char* adding_name = "mkldnn::_convolution_pointwise_";

constexpr const char* copy_name = "aten::_to_copy"; // not one of those that rows move about

/// Whether the skip path ends in the addition after `node`, and its memory is no one else's: then
/// oneDNN may add into it.
bool may_be_overwritten(const Value& skip, const Node& node, const Node& addition) {
    constexpr std::array<std::string_view, 6> making{convolution_name, adding_name, "aten::add",
                                                     "aten::sub",      "aten::mul", "aten::div"};
    if (!among(making, *skip.node())) {
        return false;
    }
    return std::all_of(skip.uses().begin(), skip.uses().end(), [&](const torch::jit::Use& use) {
        // These make new memory; others could keep a view.
        const bool reads =
            is(*use.user, convolution_name) || is(*use.user, copy_name) || understand(*use.user);
        return use.user == &addition || (reads && use.user->owningBlock() == node.owningBlock() &&
                                         use.user->isBefore(&node) && use.offset == 0);
    });
}

/// What oneDNN adds into: its operation that makes new memory gives that in another layout.
Value* memory_for(Graph& graph, const Addition& addition, const Node& node) {
    Value* skip = addition.operand();
    if (may_be_overwritten(*skip, node, *addition.node)) {
        return skip;
    }
    Value* copy = graph.insert(c10::Symbol::fromQualString(copy_name), {skip});
    copy->setType(skip->type());
    return copy;
}

at::Tensor pack(const Convolution& from, const std::vector<std::int64_t>& input_size) {
    torch::jit::Stack stack{from.weight,       from.padding_now, from.stride_now,
                            from.dilation_now, std::int64_t{1},  input_size};
    operation(reorder_name, "", stack.size())->callBoxed(stack);
    return stack.back().toTensor();
}

/// Puts oneDNN's operation in the place of a convolution and of what follows it.
void replace(Graph& graph, Node& node, const Convolution& from, bool add) {
    const Addition addition = add ? addition_of(node) : Addition{};
    Activation activation = activation_of(addition.node == nullptr ? node : *addition.node);
    if (addition.node != nullptr && activation.name != "relu") {
        activation = {}; // oneDNN's addition takes no other
    }
    Value* weight = graph.addInput();
    weight->setType(c10::TensorType::get());
    const torch::jit::WithInsertPoint before(&node);
    c10::impl::GenericList scalars(c10::OptionalType::create(c10::NumberType::get()));
    if (activation.slope) {
        scalars.push_back(*activation.slope);
    }
    Value* nothing = graph.insertConstant(c10::IValue());
    Value* slope = graph.insertConstant(c10::IValue(scalars));
    // (X, W, B, padding, stride, dilation, groups, attr, scalars, algorithm), or
    // (other, X, W, B, padding, stride, dilation, groups, binary_attr, alpha, unary_attr, ...)
    std::vector<Value*> inputs{node.input(0), weight,        from.bias,  from.padding,
                               from.stride,   from.dilation, from.groups};
    if (addition.node != nullptr) {
        inputs.insert(inputs.begin(), memory_for(graph, addition, node));
        Value* unary = activation.node == nullptr ? nothing : graph.insertConstant(activation.name);
        inputs.insert(inputs.end(), {graph.insertConstant("add"), nothing, unary, slope, nothing});
    } else {
        inputs.insert(inputs.end(), {graph.insertConstant(activation.name), slope, nothing});
    }
    Node* fused = graph.create(
        c10::Symbol::fromQualString(addition.node != nullptr ? adding_name : convolution_name),
        inputs);
    graph.insertNode(fused);
    // From the last to the first: each is then without uses.
    std::vector<Node*> chain{&node};
    for (Node* follower : {addition.node, activation.node}) {
        if (follower != nullptr) {
            chain.push_back(follower);
        }
    }
    fused->output()->setType(chain.back()->output()->type());
    chain.back()->output()->replaceAllUsesWith(fused->output());
    for (auto last = chain.rbegin(); last != chain.rend(); ++last) {
        (*last)->destroy();
    }
}

/// Whether this LibTorch has oneDNN's operations.
bool available() {
    return operation(reorder_name, "", 6) && operation(convolution_name, "", 10) &&
           operation(adding_name, "binary", 13);
}

} // namespace

std::vector<at::Tensor> pack_convolutions(Graph& graph, bool additions) {
    std::vector<at::Tensor> weights;
    if (!available()) {
        return weights;
    }
    for (Node* node : convolutions(graph)) {
        const auto convolution = understand(*node);
        const auto fact = fact_of(*node->input(0));
        if (!fact) {
            continue;
        }
        weights.push_back(pack(*convolution, fact->sizes));
        replace(graph, *node, *convolution, additions);
    }
    return weights;
}

} // namespace oldfilm
