#include "torchscript/feature_shuffle.hpp"

#include "torchscript/convolution_nodes.hpp"
#include "torchscript/graph_facts.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/library.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace oldfilm {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

/// Pictures have fewer, and rows shuffle them (fuse_elementwise).
constexpr std::int64_t least_channels = 25;

/// Outputs in the order of the pixels that they become: place first, then channel.
at::Tensor by_place(const at::Tensor& of_outputs, std::int64_t places) {
    const auto sizes = of_outputs.sizes().vec();
    return of_outputs.unflatten(0, {sizes[0] / places, places})
        .transpose(0, 1)
        .reshape(sizes)
        .contiguous(of_outputs.suggest_memory_format());
}

/// The convolution whose outputs the shuffle moves; null where something else reads them.
Node* source_of(const Node& shuffle) {
    Node* last = shuffle.input(0)->node();
    Node* convolution = last;
    if (!understand(*last)) {
        convolution = last->inputs().empty() ? nullptr : last->input(0)->node();
        if (convolution == nullptr || !understand(*convolution) ||
            activation_of(*convolution).node != last) {
            return nullptr;
        }
    }
    return only_user(*last) == &shuffle ? convolution : nullptr;
}

void replace(Graph& graph, Node& shuffle, Node& convolution, std::int64_t factor) {
    for (const std::size_t i : {1, 2}) { // weight and bias
        const c10::IValue known = *torch::jit::toIValue(convolution.input(i));
        if (known.isTensor() && known.toTensor().defined()) {
            const torch::jit::WithInsertPoint before(&convolution);
            convolution.replaceInput(
                i, graph.insertConstant(by_place(known.toTensor(), factor * factor)));
        }
    }
    const Addition addition = addition_of(shuffle);
    const bool adds = addition.node != nullptr;
    Node& last = adds ? *addition.node : shuffle;
    const torch::jit::WithInsertPoint here(&last);
    Value* skip = adds ? addition.operand() : graph.insertConstant(c10::IValue());
    Node* runs = graph.create(c10::Symbol::fromQualString("oldfilm::shuffle_runs"),
                              {shuffle.input(0), shuffle.input(1), skip});
    graph.insertNode(runs);
    runs->output()->setType(last.output()->type());
    last.output()->replaceAllUsesWith(runs->output());
    last.destroy();
    if (adds) {
        shuffle.destroy();
    }
}

/// N x (factor^2 C) x H x W with channels by place to N x C x (factor H) x (factor W), plus `skip`.
at::Tensor run_shuffle(const at::Tensor& features, std::int64_t factor,
                       const std::optional<at::Tensor>& skip) {
    const auto count = features.size(0), rows = features.size(2), columns = features.size(3);
    const std::int64_t channels = features.size(1) / (factor * factor);
    // Pixel by pixel, a row of places after another, as the result has them.
    const at::Tensor runs = features.permute({0, 2, 3, 1})
                                .reshape({count, rows, columns, factor, factor * channels})
                                .transpose(2, 3);
    at::Tensor made = at::empty({count, channels, factor * rows, factor * columns},
                                features.options(), at::MemoryFormat::ChannelsLast);
    const auto seen_as_runs = [&](const at::Tensor& whole) {
        return whole.permute({0, 2, 3, 1}).view(runs.sizes());
    };
    at::Tensor to = seen_as_runs(made);
    if (skip) {
        const at::Tensor other = skip->contiguous(at::MemoryFormat::ChannelsLast);
        at::add_out(to, seen_as_runs(other), runs);
    } else {
        to.copy_(runs);
    }
    return made;
}

} // namespace

void shuffle_runs(Graph& graph) {
    std::vector<Node*> shuffles; // found first: replacing takes away what follows them
    for (Node* node : graph.nodes()) {
        if (is(*node, "aten::pixel_shuffle")) {
            shuffles.push_back(node);
        }
    }
    for (Node* node : shuffles) {
        const auto factor = torch::jit::toIValue(node->input(1));
        const auto fact = fact_of(*node->output());
        Node* convolution = source_of(*node);
        if (convolution != nullptr && factor && factor->isInt() && fact &&
            fact->sizes.size() == 4 && fact->sizes[1] >= least_channels) {
            replace(graph, *node, *convolution, factor->toInt());
        }
    }
}

} // namespace oldfilm

TORCH_LIBRARY_FRAGMENT(oldfilm, library) { // NOLINT: LibTorch's way to register, and to take back
    library.def("shuffle_runs(Tensor features, int factor, Tensor? skip) -> Tensor",
                torch::CppFunction::makeFromUnboxedFunction(&oldfilm::run_shuffle));
}
