#pragma once
/// \file
/// Threads that work beside the lane.

#include <ATen/Parallel.h>
#include <dlfcn.h>

namespace oldfilm::base {

/// From here on LibTorch's operations on this thread use it alone. Each thread that they run on
/// would otherwise have a team of its own, as many as there are cores; the lane's team then finds
/// more threads than cores, and sleeps between operations instead of waiting a moment.
inline void work_alone() {
    static_cast<void>(at::get_num_threads()); // takes over the process's setting, once for a thread
    using Set = void (*)(int);
    if (const auto set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"))) {
        set(1);
    }
}

} // namespace oldfilm::base
