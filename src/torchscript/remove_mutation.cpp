#include "torchscript/remove_mutation.hpp"

#include "torchscript/graph_facts.hpp"

#include <torch/csrc/jit/ir/ir.h>

#include <string>
#include <vector>

namespace oldfilm {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// Memory that nothing else refers to.
bool is_fresh(const Value& value) {
    const auto* schema = value.node()->maybeSchema();
    return value.uses().size() == 1 && schema != nullptr && value.node()->outputs().size() == 1 &&
           schema->returns().at(0).alias_info() == nullptr;
}

bool adds_into(const Node& node) {
    return is(node, "mkldnn::_convolution_pointwise_"); // all else that reads it comes before
}

bool remove_mutation(Graph& graph, Block& block) {
    const std::vector<Node*> nodes(block.nodes().begin(), block.nodes().end());
    for (Node* node : nodes) {
        for (Block* inner : node->blocks()) {
            if (!remove_mutation(graph, *inner)) {
                return false;
            }
        }
        const auto* schema = node->maybeSchema();
        if (schema == nullptr || !schema->is_mutable() || adds_into(*node) ||
            node->inputs().empty() || !is_tensor(*node->input(0))) {
            continue;
        }
        std::string name = node->kind().toQualString();
        if (!name.ends_with('_') || node->outputs().size() != 1 || !is_fresh(*node->input(0))) {
            return false;
        }
        name.pop_back();
        Node* plain = graph.create(c10::Symbol::fromQualString(name), node->inputs().vec(), 1);
        plain->insertBefore(node);
        plain->output()->setType(node->output()->type());
        if (plain->maybeSchema() == nullptr) {
            return false;
        }
        node->output()->replaceAllUsesWith(plain->output());
        node->destroy();
    }
    return true;
}

} // namespace

bool remove_mutation(Graph& graph) {
    return remove_mutation(graph, *graph.block());
}

} // namespace oldfilm
