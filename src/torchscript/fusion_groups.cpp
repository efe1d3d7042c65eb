#include "torchscript/fusion_groups.hpp"

#include "torchscript/graph_facts.hpp"
#include "torchscript/row_compiler.hpp"

#include <ATen/core/jit_type.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <utility>

namespace oldfilm {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// Tensors of fewer elements cost no time that could be saved.
constexpr std::int64_t few_elements = 4096;
/// Pictures have fewer; a network's features more.
constexpr std::int64_t most_channels = 24;

bool holds_tensors(const Value& value) {
    const auto list = value.type()->cast<c10::ListType>();
    return is_tensor(value) ||
           (list && list->getElementType()->isSubtypeOf(*c10::TensorType::get()));
}

bool is_small(const Value& value) {
    const auto fact = fact_of(value);
    return fact && fact->elements() < few_elements;
}

std::size_t level_of_inputs(const Node& node,
                            const std::unordered_map<const Value*, std::size_t>& levels) {
    std::size_t level = 0;
    const auto at_least = [&](const Value* value) {
        const auto found = levels.find(value);
        level = std::max(level, found == levels.end() ? 0 : found->second);
    };
    for (const Value* input : node.inputs()) {
        at_least(input);
    }
    for (const Block* block : node.blocks()) {
        for (const Node* inner : block->nodes()) {
            level = std::max(level, level_of_inputs(*inner, levels));
        }
        for (const Value* output : block->outputs()) {
            at_least(output);
        }
    }
    return level;
}

/// What changes a list (in a block, too) comes before all that reads it later.
void raise_changed(const Node& node, std::size_t level,
                   std::unordered_map<const Value*, std::size_t>& levels) {
    const auto* schema = node.maybeSchema();
    if (schema != nullptr && schema->is_mutable()) {
        for (const Value* input : node.inputs()) {
            levels[input] = std::max(levels[input], level);
        }
    }
    for (const Block* block : node.blocks()) {
        for (const Node* inner : block->nodes()) {
            raise_changed(*inner, level, levels);
        }
    }
}

} // namespace

FusionGroups::FusionGroups(Graph& graph) : graph_(graph) {
    for (Node* node : graph_.nodes()) {
        nodes_.push_back(node);
    }
    find_members();
    find_earliest();
    find_latest();
    settle();
}

bool FusionGroups::is_member(const Node& node) const {
    const auto found = states_.find(&node);
    return found != states_.end() && found->second.member;
}

/// Whether it concatenates pictures with many channels of a convolution, which lie side by
/// side in memory: rows would pick them apart.
bool FusionGroups::joins_features(Node& node) const {
    const auto many = [&](Value* part) {
        const auto fact = fact_of(*part);
        return !is_member(*root_of(part)->node()) && fact->sizes.size() == 4 &&
               fact->sizes[1] > most_channels;
    };
    const auto parts = rows::listed(node);
    return is(node, "aten::cat") && std::any_of(parts.begin(), parts.end(), many);
}

void FusionGroups::find_members() {
    for (Node* node : nodes_) {
        State& state = states_[node];
        state.member = node->outputs().size() == 1 && is_tensor(*node->output()) &&
                       !is_small(*node->output()) && row_operation(*node) && !joins_features(*node);
        state.view =
            is(*node, "prim::ListConstruct") || row_view(*node) ||
            (node->blocks().empty() && std::none_of(node->outputs().begin(), node->outputs().end(),
                                                    [](Value* v) { return holds_tensors(*v); }));
        // What hangs on small values alone is done before everything else of its level.
        state.early = !state.member && node->blocks().empty() &&
                      std::all_of(node->outputs().begin(), node->outputs().end(),
                                  [](Value* v) { return !is_tensor(*v) || is_small(*v); }) &&
                      std::all_of(node->inputs().begin(), node->inputs().end(), [&](Value* v) {
                          const Node* source = v->node();
                          return source->kind() == torch::jit::prim::Param
                                     ? !is_tensor(*v) || is_small(*v)
                                     : states_[source].early;
                      });
    }
}

/// Whether the member needs its operand whole, and another member makes that.
bool FusionGroups::waits(Node& node) const {
    return needs_memory(node) && is_member(*root_of(node.input(0))->node());
}

/// Sets each node's level: of its inputs, by `own` for members.
template <class F>
void FusionGroups::forward(F own) {
    std::unordered_map<const Value*, std::size_t> levels;
    for (Node* node : nodes_) {
        State& state = states_[node];
        const std::size_t inputs = level_of_inputs(*node, levels);
        state.level = state.member ? own(*node, inputs) : inputs;
        const bool passes = state.member || state.early || state.view;
        for (const Value* output : node->outputs()) {
            levels[output] = state.level + (passes ? 0 : 1);
        }
        raise_changed(*node, state.level, levels);
    }
    last_level_ = level_of_inputs(*graph_.return_node(), levels);
}

void FusionGroups::find_earliest() {
    forward([&](Node& node, std::size_t inputs) { return inputs + (waits(node) ? 1 : 0); });
}

/// The last level at which a value may be made.
std::size_t FusionGroups::latest(const Value& value) {
    std::size_t level = last_level_;
    for (const torch::jit::Use& use : value.uses()) {
        Node* user = use.user;
        while (user->owningBlock() != graph_.block()) {
            user = user->owningBlock()->owningNode();
        }
        const State& state = states_[user];
        if (user == graph_.return_node()) {
            continue;
        }
        if (state.view) {
            for (const Value* output : user->outputs()) {
                level = std::min(level, latest(*output));
            }
        } else {
            level = std::min(level, state.level - (state.member && waits(*user) ? 1 : 0));
        }
    }
    return level;
}

/// Members sink to the level of what needs them: what is made early only lies in memory.
void FusionGroups::find_latest() {
    std::for_each(nodes_.rbegin(), nodes_.rend(), [&](Node* node) {
        State& state = states_[node];
        if (state.member) {
            state.level = std::max(state.level, latest(*node->output()));
        }
    });
}

void FusionGroups::settle() {
    forward([&](Node& node, std::size_t) { return states_[&node].level; });
}

/// Members of one level that hang together.
std::vector<std::vector<Node*>> FusionGroups::groups() {
    std::unordered_map<const Node*, const Node*> parent;
    const auto top = [&](const Node* node) {
        while (parent.at(node) != node) {
            node = parent.at(node);
        }
        return node;
    };
    std::vector<const Node*> order;
    for (Node* node : nodes_) {
        if (!states_[node].member) {
            continue;
        }
        parent.emplace(node, node);
        const auto tie = [&](Value* value) {
            const Node* source = root_of(value)->node();
            if (is_member(*source) && states_[source].level == states_[node].level) {
                parent[top(source)] = top(node);
            }
        };
        for (Value* value : node->inputs()) {
            if (is(*value->node(), "prim::ListConstruct")) {
                for (Value* part : value->node()->inputs()) {
                    tie(part);
                }
            } else if (is_tensor(*value)) {
                tie(value);
            }
        }
    }
    std::vector<std::vector<Node*>> found;
    std::unordered_map<const Node*, std::size_t> place;
    for (Node* node : nodes_) {
        if (parent.contains(node)) {
            const auto [known, added] = place.emplace(top(node), found.size());
            if (added) {
                found.emplace_back();
            }
            found[known->second].push_back(node);
        }
    }
    return found;
}

} // namespace oldfilm
