#pragma once
/// \file
/// How many of LibTorch's threads work for one of ours.

#include <ATen/Parallel.h>
#include <dlfcn.h>

namespace oldfilm::base {

/// `omp_set_num_threads` as LibTorch's own libraries have it: a program may have brought another
/// OpenMP, whose setting LibTorch doesn't see.
inline void (*torch_omp_set_num_threads())(int) {
    Dl_info where{};
    if (dladdr(reinterpret_cast<void*>(&at::get_num_threads), &where) == 0) {
        return nullptr;
    }
    void* const torch = dlopen(where.dli_fname, RTLD_NOLOAD | RTLD_LAZY);
    if (torch == nullptr) {
        return nullptr;
    }
    auto* const set = reinterpret_cast<void (*)(int)>(dlsym(torch, "omp_set_num_threads"));
    dlclose(torch); // it stays loaded: we are linked to it
    return set;
}

/// From here on LibTorch's operations on this thread use so many threads, this one among them.
inline void use_threads(int count) {
    static_cast<void>(at::get_num_threads()); // takes over the process's setting, once for a thread
    using Set = void (*)(int);
    const auto reaches = [count](Set set) {
        if (set != nullptr) {
            set(count);
        }
        return at::get_num_threads() == count;
    };
    // Which of them LibTorch uses follows from how the program was loaded.
    if (!reaches(reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"))) &&
        !reaches(torch_omp_set_num_threads())) {
        at::set_num_threads(count); // for threads that begin later, too: better than all cores
    }
}

/// For threads other than the run thread. Each thread that LibTorch's operations run on would
/// otherwise have a team of its own, as many as there are cores; the run thread's team then finds
/// more threads than cores, and sleeps between operations instead of waiting a moment.
inline void use_single_thread() {
    use_threads(1);
}

} // namespace oldfilm::base
