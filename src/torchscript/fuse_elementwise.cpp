#include "torchscript/fuse_elementwise.hpp"

#include "torchscript/row_compiler.hpp"

#include <ATen/core/jit_type.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/library.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace oldfilm {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// Tensors of fewer elements cost no time that could be saved.
constexpr std::int64_t few_elements = 4096;
/// Fewer operations than that are not worth a program.
constexpr std::size_t least_operations = 3;

/// Pictures have fewer; a network's features more.
constexpr std::int64_t most_channels = 24;

/// A program as a value in a graph.
struct Held final : torch::CustomClassHolder {
    explicit Held(RowProgram p) : program(std::move(p)) {}
    RowProgram program;
};

bool holds_tensors(const Value& value) {
    const auto list = value.type()->cast<c10::ListType>();
    return is_tensor(value) ||
           (list && list->getElementType()->isSubtypeOf(*c10::TensorType::get()));
}

bool is_small(const Value& value) {
    const auto fact = fact_of(value);
    return fact && fact->elements() < few_elements;
}

/// Memory that nothing else refers to.
bool is_fresh(const Value& value) {
    const auto* schema = value.node()->maybeSchema();
    return value.uses().size() == 1 && schema != nullptr && value.node()->outputs().size() == 1 &&
           schema->returns().at(0).alias_info() == nullptr;
}

bool adds_into(const Node& node) {
    return is(node, "mkldnn::_convolution_pointwise_"); // all else that reads it comes before
}

/// Turns `relu_` and the like into `relu` where nobody sees the difference. False when something
/// still changes tensors in place.
bool without_changes(Graph& graph, Block& block) {
    const std::vector<Node*> nodes(block.nodes().begin(), block.nodes().end());
    for (Node* node : nodes) {
        for (Block* inner : node->blocks()) {
            if (!without_changes(graph, *inner)) {
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

class Pass {
  public:
    explicit Pass(Graph& graph) : graph_(graph) {}

    std::vector<c10::IValue> run() {
        for (Node* node : graph_.nodes()) {
            nodes_.push_back(node);
        }
        find_members();
        find_earliest();
        find_latest();
        settle();
        join();
        return std::move(programs_);
    }

  private:
    /// Of a node. Levels are steps between what is left to LibTorch: a group of one level reads
    /// what lower levels made.
    struct State {
        bool member = false, early = false, view = false;
        std::size_t level = 0;
    };

    [[nodiscard]] bool is_member(const Node& node) const {
        const auto found = states_.find(&node);
        return found != states_.end() && found->second.member;
    }

    /// Whether it puts pictures beside many channels that a convolution made, which lie side by
    /// side in memory: rows would pick them apart.
    [[nodiscard]] bool joins_features(Node& node) const {
        const auto many = [&](Value* part) {
            const auto fact = fact_of(*part);
            return !is_member(*root_of(part)->node()) && fact->sizes.size() == 4 &&
                   fact->sizes[1] > most_channels;
        };
        const auto parts = rows::listed(node);
        return is(node, "aten::cat") && std::any_of(parts.begin(), parts.end(), many);
    }

    void find_members() {
        for (Node* node : nodes_) {
            State& state = states_[node];
            state.member = node->outputs().size() == 1 && is_tensor(*node->output()) &&
                           !is_small(*node->output()) && row_operation(*node) &&
                           !joins_features(*node);
            state.view = is(*node, "prim::ListConstruct") || row_view(*node) ||
                         (node->blocks().empty() &&
                          std::none_of(node->outputs().begin(), node->outputs().end(),
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
    [[nodiscard]] bool waits(Node& node) const {
        return needs_memory(node) && is_member(*root_of(node.input(0))->node());
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

    /// Sets each node's level: of its inputs, by `own` for members.
    template <class F>
    void forward(F own) {
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

    void find_earliest() {
        forward([&](Node& node, std::size_t inputs) { return inputs + (waits(node) ? 1 : 0); });
    }

    /// The last level at which a value may be made.
    std::size_t latest(const Value& value) {
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
    void find_latest() {
        std::for_each(nodes_.rbegin(), nodes_.rend(), [&](Node* node) {
            State& state = states_[node];
            if (state.member) {
                state.level = std::max(state.level, latest(*node->output()));
            }
        });
    }

    void settle() {
        forward([&](Node& node, std::size_t) { return states_[&node].level; });
    }

    /// Members of one level that hang together.
    std::vector<std::vector<Node*>> groups() {
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

    /// Whether something outside the group reads the value, or a view of it.
    static bool leaves(const Value& value, const RowCompiler::Members& group) {
        return std::any_of(
            value.uses().begin(), value.uses().end(), [&](const torch::jit::Use& use) {
                Node& user = *use.user;
                if (group.contains(&user)) {
                    return false;
                }
                const bool passes = is(user, "prim::ListConstruct") || row_view(user);
                return !passes || leaves(*user.output(), group);
            });
    }

    static bool for_convolutions(const Value& value) {
        const auto fact = fact_of(value);
        return fact->sizes.size() == 4 && fact->sizes[1] > 1 &&
               std::all_of(
                   value.uses().begin(), value.uses().end(), [](const torch::jit::Use& use) {
                       return std::string_view(use.user->kind().toQualString()).find("conv") !=
                              std::string_view::npos;
                   });
    }

    void join() {
        std::vector<std::pair<Node*, std::size_t>> made; // with their levels
        for (const auto& nodes : groups()) {
            const auto operations = std::count_if(nodes.begin(), nodes.end(), [](const Node* node) {
                return !is(*node, "aten::to") ||
                       fact_of(*node->input(0))->type != fact_of(*node->output())->type;
            });
            if (static_cast<std::size_t>(operations) < least_operations) {
                continue;
            }
            const RowCompiler::Members group(nodes.begin(), nodes.end());
            std::vector<Value*> outputs;
            for (Node* node : nodes) {
                if (leaves(*node->output(), group)) {
                    outputs.push_back(node->output());
                }
            }
            try {
                RowCompiler compiler(group, RowCompiler::can_be_flat(group));
                for (Value* output : outputs) {
                    compiler.output(output, for_convolutions(*output));
                }
                RowProgram program = compiler.finish();
                made.emplace_back(put(std::move(program), compiler.inputs(), outputs),
                                  states_[nodes.front()].level);
            } catch (const NotFusable&) {
                continue; // done by LibTorch
            }
        }
        order(made);
    }

    /// The program's node; it stands at the graph's end until all are ordered.
    Node* put(RowProgram program, const std::vector<Value*>& inputs,
              const std::vector<Value*>& outputs) {
        programs_.push_back(
            c10::IValue::make_capsule(c10::make_intrusive<Held>(std::move(program))));
        Value* held = graph_.addInput();
        held->setType(c10::AnyType::get());
        Node* list = graph_.createList(c10::TensorType::get(), inputs);
        graph_.appendNode(list);
        Node* node =
            graph_.create(c10::Symbol::fromQualString("oldfilm::rows"), {list->output(), held}, 1);
        node->output()->setType(c10::ListType::ofTensors());
        graph_.appendNode(node);
        Node* parts = graph_.createListUnpack(node->output(), outputs.size());
        graph_.appendNode(parts);
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            parts->output(i)->setType(outputs[i]->type());
            replaced_.emplace_back(outputs[i], parts->output(i));
        }
        return node;
    }

    /// Small things, then programs, then the rest of each level, which keeps its own order.
    void order(const std::vector<std::pair<Node*, std::size_t>>& made) {
        if (made.empty()) {
            return;
        }
        std::vector<std::tuple<std::size_t, int, std::size_t, Node*>> sorted;
        for (std::size_t i = 0; i < nodes_.size(); ++i) {
            const State& state = states_[nodes_[i]];
            sorted.emplace_back(state.level, state.early ? 0 : 2, i, nodes_[i]);
        }
        for (const auto& [node, level] : made) {
            for (Node* part : {node->input(0)->node(), node, node->output()->uses().front().user}) {
                sorted.emplace_back(level, 1, sorted.size(), part);
            }
        }
        std::sort(sorted.begin(), sorted.end());
        for (const auto& entry : sorted) {
            std::get<3>(entry)->moveBefore(graph_.return_node());
        }
        for (const auto& [old, now] : replaced_) {
            old->replaceAllUsesWith(now);
        }
        torch::jit::EliminateDeadCode(graph_.shared_from_this());
    }

    Graph& graph_;
    std::vector<Node*> nodes_;
    std::unordered_map<const Node*, State> states_;
    std::size_t last_level_ = 0;
    std::vector<c10::IValue> programs_;
    std::vector<std::pair<Value*, Value*>> replaced_;
};

/// rows(Tensor[] inputs, Any program) -> Tensor[]
void run_rows_of(const c10::OperatorHandle&, torch::jit::Stack* stack) {
    const auto held = torch::jit::pop(*stack).toCapsule();
    const std::vector<at::Tensor> inputs = torch::jit::pop(*stack).toTensorVector();
    torch::jit::push(*stack, static_cast<const Held&>(*held).program.run(inputs));
}

} // namespace

std::vector<c10::IValue> fuse_elementwise(Graph& graph) {
    if (!without_changes(graph, *graph.block())) {
        return {};
    }
    return Pass(graph).run();
}

} // namespace oldfilm

TORCH_LIBRARY_FRAGMENT(oldfilm, library) { // NOLINT: LibTorch's way to register, and to take back
    library.def("rows(Tensor[] inputs, Any program) -> Tensor[]",
                torch::CppFunction::makeFromBoxedFunction<&oldfilm::run_rows_of>());
}
