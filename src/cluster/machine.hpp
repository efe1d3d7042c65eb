#pragma once
/// \file
/// Which process this is, and what its machine can do.

#include <cstdint>
#include <string>

namespace oldfilm::cluster {

/// A process on a machine.
struct Owner {
    std::string host;
    std::int64_t pid = 0;
    std::string
        processes; ///< names the space of process ids: the start of the machine, the container
};

[[nodiscard]] Owner this_process();
/// Whether it is known that the process has ended: it ran where this one runs, and is not there.
[[nodiscard]] bool has_ended(const Owner& owner);

/// Instruction sets of the CPU that results depend on, as in /proc/cpuinfo: "avx2 fma". Where
/// ATEN_CPU_CAPABILITY and ONEDNN_MAX_CPU_ISA limit them, these.
[[nodiscard]] std::string instruction_sets();
/// Processors that this process may use, which encoders count.
[[nodiscard]] int processors();

} // namespace oldfilm::cluster
