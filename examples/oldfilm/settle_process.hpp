#pragma once
/// \file
/// What only a program may decide for its process.

namespace cli {

/// LibTorch's threads and memory, before the first restoration. `threads`: how many; 0: as many as
/// there are processors, unless OMP_NUM_THREADS says otherwise.
void settle_process(int threads = 0);

} // namespace cli
