#pragma once
/// \file
/// A pass over a stated graph for CPUs: pixel shuffles of features.

namespace torch::jit {
struct Graph;
} // namespace torch::jit

namespace oldfilm {

/// A pixel shuffle (Shi et al. 2016) of features that lie channels-last picks every channel from
/// another place. Where a convolution makes them, its outputs are put in another order, so that
/// what becomes one pixel lies side by side; the shuffle is then a copy of whole runs, and the
/// addition of a skip path that follows is done with it. To the last bit the same. The graph must
/// be stated (see GraphFacts), and its convolutions not be packed yet.
void shuffle_runs(torch::jit::Graph& graph);

} // namespace oldfilm
