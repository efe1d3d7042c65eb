#pragma once
/// \file
/// The late device's operators: the CPU's, queued.

namespace oldfilm::testing::late {

/// Tells LibTorch's dispatcher of them. Once.
void register_kernels();

} // namespace oldfilm::testing::late
