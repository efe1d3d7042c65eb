#include "torchscript/fuse_elementwise.hpp"

#include "torchscript/fusion_groups.hpp"
#include "torchscript/graph_facts.hpp"
#include "torchscript/remove_mutation.hpp"
#include "torchscript/row_compiler.hpp"

#include <ATen/core/jit_type.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/library.h>

#include <algorithm>
#include <string_view>
#include <tuple>
#include <utility>

namespace oldfilm {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// Fewer operations than that are not worth a program.
constexpr std::size_t least_operations = 3;

/// A program as a value in a graph.
struct Held final : torch::CustomClassHolder {
    explicit Held(RowProgram p) : program(std::move(p)) {}
    RowProgram program;
};

class FusionPass {
  public:
    explicit FusionPass(Graph& graph) : graph_(graph), groups_(graph) {}

    std::vector<c10::IValue> run() {
        join();
        return std::move(programs_);
    }

  private:
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
        for (const auto& nodes : groups_.groups()) {
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
                                  groups_.state(nodes.front()).level);
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
        const std::vector<Node*>& nodes = groups_.nodes();
        for (std::size_t i = 0; i < nodes.size(); ++i) {
            const FusionGroups::State& state = groups_.state(nodes[i]);
            sorted.emplace_back(state.level, state.early ? 0 : 2, i, nodes[i]);
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
    FusionGroups groups_;
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
    if (!remove_mutation(graph)) {
        return {};
    }
    return FusionPass(graph).run();
}

} // namespace oldfilm

TORCH_LIBRARY_FRAGMENT(oldfilm, library) { // NOLINT: LibTorch's way to register, and to take back
    library.def("rows(Tensor[] inputs, Any program) -> Tensor[]",
                torch::CppFunction::makeFromBoxedFunction<&oldfilm::run_rows_of>());
}
