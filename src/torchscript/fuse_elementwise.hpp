#pragma once
/// \file
/// A pass over a stated graph for CPUs: what lies between convolutions, done row by row.

#include <ATen/core/ivalue.h>

#include <vector>

namespace torch::jit {
struct Graph;
} // namespace torch::jit

namespace oldfilm {

/// Joins groups of element by element operations, views, small reductions and conversions into row
/// programs (see row_program.hpp), wherever three or more stand together. Nodes are put into
/// another order, in which each group comes after what it reads and before what reads it.
///
/// Gives the programs, which the graph takes as its last inputs. The graph must be stated (see
/// GraphFacts) and its tensors on the CPU. A graph that changes tensors in place is left as it is.
std::vector<c10::IValue> fuse_elementwise(torch::jit::Graph& graph);

} // namespace oldfilm
