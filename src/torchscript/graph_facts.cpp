#include "torchscript/graph_facts.hpp"

#include <ATen/core/jit_type.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/library.h>

#include <algorithm>
#include <functional>
#include <numeric>
#include <unordered_set>
#include <utility>

namespace oldfilm {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// Of this thread's run: an operation in a graph is given nothing but tensors and numbers.
thread_local GraphFacts::ProbeResults* listening = nullptr;

bool is_number(const Value& value) {
    const c10::TypePtr& type = value.type();
    const auto plain = [](const c10::TypePtr& t) {
        return t->kind() == c10::TypeKind::IntType || t->kind() == c10::TypeKind::FloatType ||
               t->kind() == c10::TypeKind::BoolType;
    };
    if (const auto list = type->cast<c10::ListType>()) {
        return plain(list->getElementType());
    }
    return plain(type) || type->kind() == c10::TypeKind::DeviceObjType;
}

/// Whether a list is changed after it was made.
bool is_changed(const Value& value) {
    return std::any_of(value.uses().begin(), value.uses().end(), [](const torch::jit::Use& use) {
        const auto* schema = use.user->maybeSchema();
        return !use.user->blocks().empty() || (schema != nullptr && schema->is_mutable());
    });
}

/// The values with facts, in the graph's order: tensors, and numbers that depend on sizes alone.
std::vector<Value*> worth_asking(Graph& graph) {
    std::vector<Value*> found;
    std::unordered_set<const Value*> numbers;
    for (Value* input : graph.inputs()) {
        if (is_tensor(*input)) {
            found.push_back(input);
        }
    }
    for (Node* node : graph.nodes()) {
        if (node->kind() == torch::jit::prim::Constant ||
            node->kind() == torch::jit::prim::Uninitialized) {
            continue;
        }
        const bool measures = is(*node, "aten::size") || is(*node, "aten::dim") ||
                              is(*node, "prim::dtype") || is(*node, "prim::device");
        const auto* schema = node->maybeSchema();
        const bool pure = node->blocks().empty() && !(schema != nullptr && schema->is_mutable());
        const bool follows =
            pure && std::all_of(node->inputs().begin(), node->inputs().end(), [&](Value* input) {
                return numbers.contains(input) || (measures && is_tensor(*input)) ||
                       (is_number(*input) && input->node()->kind() == torch::jit::prim::Constant);
            });
        for (Value* output : node->outputs()) {
            if (is_tensor(*output)) {
                found.push_back(output);
            } else if (follows && is_number(*output) && !is_changed(*output)) {
                numbers.insert(output);
                found.push_back(output);
            }
        }
    }
    return found;
}

} // namespace

bool is(const Node& node, std::string_view name) {
    return node.kind().toQualString() == name;
}

bool among(std::span<const std::string_view> names, const Node& node) {
    return std::find(names.begin(), names.end(), std::string_view(node.kind().toQualString())) !=
           names.end();
}

std::optional<std::vector<std::int64_t>> integers(const Value& value) {
    const auto known = torch::jit::toIValue(&value);
    return known && known->isIntList() ? std::optional(known->toIntVector()) : std::nullopt;
}

bool is_tensor(const Value& value) {
    return value.type()->isSubtypeOf(*c10::TensorType::get());
}

std::int64_t TensorFact::elements() const {
    return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

std::optional<TensorFact> fact_of(const Value& value) {
    if (const auto known = torch::jit::toIValue(&value); known && known->isTensor()) {
        const at::Tensor& tensor = known->toTensor();
        return tensor.defined()
                   ? std::optional(TensorFact{tensor.sizes().vec(), tensor.scalar_type()})
                   : std::nullopt;
    }
    const auto type = value.type()->cast<c10::TensorType>();
    if (!type || !type->scalarType()) {
        return std::nullopt;
    }
    const auto sizes = type->sizes().concrete_sizes();
    return sizes ? std::optional(TensorFact{*sizes, *type->scalarType()}) : std::nullopt;
}

GraphFacts::ProbeResults::ProbeResults(const GraphFacts& of) : noted_(of.tensors_) {
    listening = this;
}

GraphFacts::ProbeResults::~ProbeResults() {
    listening = nullptr;
}

void GraphFacts::ProbeResults::note(const at::Tensor& tensor, std::int64_t number) {
    if (listening == nullptr || !tensor.defined()) {
        return;
    }
    Noted& noted = listening->noted_.at(static_cast<std::size_t>(number));
    if (tensor.dim() <= static_cast<std::int64_t>(noted.sizes.size())) {
        noted.dimensions = tensor.dim();
        noted.type = tensor.scalar_type();
        std::copy(tensor.sizes().begin(), tensor.sizes().end(), noted.sizes.begin());
    }
}

GraphFacts::GraphFacts(std::shared_ptr<Graph> graph) : graph_(std::move(graph)) {
    for (const Value* value : worth_asking(*graph_)) {
        ++(is_tensor(*value) ? tensors_ : numbers_);
    }
}

std::shared_ptr<Graph> GraphFacts::probe() const {
    auto probe = graph_->copy();
    std::int64_t number = 0;
    for (Value* value : worth_asking(*probe)) {
        if (!is_tensor(*value)) {
            probe->registerOutput(value);
            continue;
        }
        Node* source = value->node();
        const torch::jit::WithInsertPoint here(
            source->kind() == torch::jit::prim::Param ? *probe->nodes().begin() : source->next());
        Node* note = probe->create(c10::Symbol::fromQualString("oldfilm::note"),
                                   {value, probe->insertConstant(number++)}, 0);
        probe->insertNode(note);
    }
    return probe;
}

std::shared_ptr<Graph> GraphFacts::stated(const ProbeResults& answers,
                                          c10::ArrayRef<c10::IValue> numbers) const {
    auto graph = graph_->copy();
    std::size_t next_tensor = 0, next_number = 0;
    for (Value* value : worth_asking(*graph)) {
        if (!is_tensor(*value)) {
            const torch::jit::WithInsertPoint here(value->node());
            value->replaceAllUsesWith(graph->insertConstant(numbers[next_number++]));
            continue;
        }
        const ProbeResults::Noted& noted = answers.noted_[next_tensor++];
        if (noted.dimensions >= 0) {
            const auto* sizes = noted.sizes.data();
            value->setType(
                c10::TensorType::create(noted.type, at::kCPU,
                                        c10::VaryingShape<std::int64_t>(std::vector<std::int64_t>(
                                            sizes, sizes + noted.dimensions)),
                                        c10::VaryingShape<std::int64_t>(), false));
        }
    }
    torch::jit::EliminateDeadCode(graph);
    return graph;
}

} // namespace oldfilm

TORCH_LIBRARY_FRAGMENT(oldfilm, library) { // NOLINT: LibTorch's way to register, and to take back
    library.def(
        "note(Tensor value, int number) -> ()",
        torch::CppFunction::makeFromUnboxedFunction(&oldfilm::GraphFacts::ProbeResults::note));
}
