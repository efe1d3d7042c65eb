#pragma once
/// \file
/// How many of LibTorch's threads work for one of ours.

#include <ATen/Parallel.h>
#include <dlfcn.h>

namespace oldfilm::base {

/// From here on LibTorch's operations on this thread use so many threads, this one among them.
inline void use_threads(int count) {
    static_cast<void>(at::get_num_threads()); // takes over the process's setting, once for a thread
    using Set = void (*)(int);
    if (const auto set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"))) {
        set(count);
    }
}

/// For threads that work beside the lane. Each thread that LibTorch's operations run on would
/// otherwise have a team of its own, as many as there are cores; the lane's team then finds more
/// threads than cores, and sleeps between operations instead of waiting a moment.
inline void work_alone() {
    use_threads(1);
}

} // namespace oldfilm::base
