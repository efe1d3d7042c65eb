// LibTorch as a library that is loaded at run time has it, with the threads that are asked for.
#include "device/single_thread.hpp"

#include <ATen/ops/rand.h>
#include <ATen/ops/sin.h>

#include <filesystem>
#include <iterator>
#include <thread>

namespace {

int threads_here() {
    const std::filesystem::directory_iterator tasks("/proc/self/task");
    return static_cast<int>(std::distance(begin(tasks), end(tasks)));
}

} // namespace

/// Asks for `count` threads on a thread of its own; how many a large operation then has, by what
/// Linux says: that thread, and those that LibTorch's OpenMP began for it and keeps for the next.
extern "C" __attribute__((visibility("default"))) int threads_at_work(int count) {
    int began = 0;
    std::thread([&] {
        oldfilm::base::use_threads(count);
        const at::Tensor large = at::rand({1 << 20}); // made by one thread
        const int before = threads_here();
        static_cast<void>(at::sin(large));
        began = threads_here() - before;
    }).join();
    return 1 + began;
}
