#include "torchscript/convolution_nodes.hpp"

#include "torchscript/graph_facts.hpp"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <string_view>

namespace oldfilm {

using torch::jit::Node;
using torch::jit::Value;

std::optional<Convolution> understand(const Node& node) {
    const bool plain = is(node, "aten::conv2d");
    if (!plain && !is(node, "aten::_convolution")) {
        return std::nullopt;
    }
    const auto weight = torch::jit::toIValue(node.input(1));
    const auto bias = torch::jit::toIValue(node.input(2));
    const auto stride = integers(*node.input(3));
    const auto padding = integers(*node.input(4));
    const auto dilation = integers(*node.input(5));
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
    return Convolution{weight->toTensor(), *stride,       *padding,      *dilation,   node.input(2),
                       node.input(3),      node.input(4), node.input(5), groups_value};
}

Node* only_user(const Node& node) {
    const auto& uses = node.output()->uses();
    return uses.size() == 1 && uses.front().user->owningBlock() == node.owningBlock()
               ? uses.front().user
               : nullptr;
}

Activation activation_of(const Node& node) {
    Node* user = only_user(node);
    if (user == nullptr) {
        return {};
    }
    if (is(*user, "aten::relu") || is(*user, "aten::relu_")) {
        return {user, "relu", std::nullopt};
    }
    if (is(*user, "aten::sigmoid")) {
        return {user, "sigmoid", std::nullopt};
    }
    if (is(*user, "aten::leaky_relu") || is(*user, "aten::leaky_relu_")) {
        const auto slope = torch::jit::toIValue(user->input(1));
        if (slope && slope->isScalar()) {
            return {user, "leaky_relu", slope->toScalar().toDouble()};
        }
    }
    return {};
}

namespace {

bool changed_in_place(const Value& value) {
    return std::any_of(value.uses().begin(), value.uses().end(), [](const torch::jit::Use& use) {
        const std::string_view name = use.user->kind().toQualString();
        return name.ends_with('_') && !name.ends_with("__");
    });
}

} // namespace

Value* Addition::operand() const {
    return node->input(other);
}

Addition addition_of(const Node& node) {
    Node* user = only_user(node);
    if (user == nullptr || user->inputs().size() != 3 ||
        !(is(*user, "aten::add") || (is(*user, "aten::add_") && user->input(0) == node.output()))) {
        return {};
    }
    const std::size_t other = user->input(0) == node.output() ? 1 : 0;
    const Value* operand = user->input(other);
    const auto alpha = torch::jit::toIValue(user->input(2));
    const auto fact = fact_of(*operand), made = fact_of(*node.output());
    const bool same = fact && made && fact->sizes == made->sizes && fact->type == made->type;
    const Node* source = operand->node();
    const bool before = source->kind() == torch::jit::prim::Param ||
                        (source->owningBlock() == node.owningBlock() && source->isBefore(&node));
    if (!same || !before || changed_in_place(*operand) || !alpha || !alpha->isScalar() ||
        !alpha->toScalar().equal(1)) {
        return {};
    }
    return {user, other};
}

} // namespace oldfilm
