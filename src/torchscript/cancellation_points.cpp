#include "torchscript/cancellation_points.hpp"

#include <oldfilm/error.hpp>

#include <torch/csrc/jit/ir/ir.h>
#include <torch/library.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace oldfilm {
namespace {

/// Of this thread's run: an operation in a graph is given nothing but tensors and numbers.
thread_local CancellationScope* current = nullptr;

/// Parts of the names of what takes long: convolutions, products, resampling.
constexpr std::array<std::string_view, 6> slow{"conv",   "linear",    "mm",
                                               "matmul", "attention", "grid_sampler"};

void ask_in(torch::jit::Block& block) {
    const std::vector<torch::jit::Node*> nodes(block.nodes().begin(), block.nodes().end());
    for (torch::jit::Node* node : nodes) {
        for (torch::jit::Block* inner : node->blocks()) {
            ask_in(*inner);
        }
        const std::string_view name = node->kind().toQualString();
        if (std::any_of(slow.begin(), slow.end(), [&](std::string_view part) {
                return name.find(part) != std::string_view::npos;
            })) {
            const c10::Symbol question = c10::Symbol::fromQualString("oldfilm::ask");
            node->owningGraph()->create(question, 0)->insertBefore(node);
        }
    }
}

} // namespace

void ask() {
    if (current == nullptr || current->cancelled_ == nullptr || !*current->cancelled_) {
        return;
    }
    if ((*current->cancelled_)()) {
        current->stopped_ = true;
        throw Error(Errc::cancelled, "the run was cancelled");
    }
}

void insert_cancellation_points(torch::jit::Graph& graph) {
    ask_in(*graph.block());
}

CancellationScope::CancellationScope(const std::function<bool()>* cancelled)
    : cancelled_(cancelled) {
    current = this;
}

CancellationScope::~CancellationScope() {
    current = nullptr;
}

} // namespace oldfilm

// Without tensors among its arguments it is called whatever the device is.
TORCH_LIBRARY_FRAGMENT(oldfilm, library) { // NOLINT: LibTorch's way to register, and to take back
    library.def("ask() -> ()", torch::CppFunction::makeFromUnboxedFunction(&oldfilm::ask));
}
