#include "settle_process.hpp"

#include <oldfilm/process.hpp>

#include <ATen/Parallel.h>

#include <cstdlib>
#include <thread>

namespace cli {

void settle_process(int threads) {
    if (threads > 0) {
        at::set_num_threads(threads);
    } else if (std::getenv("OMP_NUM_THREADS") == nullptr) {
        at::set_num_threads(static_cast<int>(std::thread::hardware_concurrency()));
    }
    oldfilm::pool_memory();
}

} // namespace cli
