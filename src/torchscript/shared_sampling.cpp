#include "torchscript/shared_sampling.hpp"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/library.h>

#include <string_view>
#include <vector>

namespace oldfilm {
namespace {

/// Arguments as `at::grid_sampler` has them.
at::Tensor sample_by_rows(const at::Tensor& input, const at::Tensor& grid,
                          std::int64_t interpolation, std::int64_t padding, bool align_corners) {
    const auto plain = [&](const at::Tensor& pictures, const at::Tensor& places) {
        return at::grid_sampler(pictures, places, interpolation, padding, align_corners);
    };
    if (grid.dim() != 4 || grid.size(0) != 1 || input.size(0) != 1 || !grid.is_cpu()) {
        return plain(input, grid);
    }
    // As many parts as threads, or fewer that the rows can be divided by.
    const std::int64_t rows = grid.size(1), columns = grid.size(2);
    std::int64_t parts = at::get_num_threads();
    while (parts > 1 && rows % parts != 0) {
        --parts;
    }
    if (parts < 2) {
        return plain(input, grid);
    }
    return plain(input.expand({parts, -1, -1, -1}),
                 grid.contiguous().view({parts, rows / parts, columns, 2}))
        .permute({1, 0, 2, 3})
        .reshape({1, input.size(1), rows, columns});
}

void share_in(torch::jit::Block& block) {
    const std::vector<torch::jit::Node*> nodes(block.nodes().begin(), block.nodes().end());
    for (torch::jit::Node* node : nodes) {
        for (torch::jit::Block* inner : node->blocks()) {
            share_in(*inner);
        }
        if (std::string_view(node->kind().toQualString()) == "aten::grid_sampler") {
            torch::jit::Node* shared = node->owningGraph()->create(
                c10::Symbol::fromQualString("oldfilm::grid_sampler"), node->inputs().vec(), 1);
            shared->insertBefore(node);
            shared->output()->setType(node->output()->type());
            node->output()->replaceAllUsesWith(shared->output());
            node->destroy();
        }
    }
}

} // namespace

void share_sampling(torch::jit::Graph& graph) {
    share_in(*graph.block());
}

} // namespace oldfilm

TORCH_LIBRARY_FRAGMENT(oldfilm, library) { // NOLINT: LibTorch's way to register, and to take back
    library.def("grid_sampler(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, "
                "bool align_corners) -> Tensor",
                torch::CppFunction::makeFromUnboxedFunction(&oldfilm::sample_by_rows));
}
