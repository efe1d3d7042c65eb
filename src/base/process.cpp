#include <oldfilm/process.hpp>

#include <atomic>
#include <cstdlib> // says whether the C library is glibc

#if defined(__GLIBC__)
#include <malloc.h>

#include <limits>
#endif

namespace oldfilm {
namespace {

std::atomic<bool> kept_now{false}; // the allocator is the process's own

} // namespace

bool pool_memory() noexcept {
#if defined(__GLIBC__)
    // The threshold from which glibc maps each buffer by itself cannot be raised over 32 MiB, so
    // mapping is switched off altogether. One arena: frames are made on one thread and freed on
    // another.
    constexpr int never = std::numeric_limits<int>::max();
    const bool kept = mallopt(M_MMAP_MAX, 0) != 0;
    const bool untrimmed = mallopt(M_TRIM_THRESHOLD, never) != 0;
    const bool shared = mallopt(M_ARENA_MAX, 1) != 0;
    kept_now = kept && untrimmed && shared;
    return kept_now;
#else
    return false;
#endif
}

bool memory_is_pooled() noexcept {
    return kept_now;
}

} // namespace oldfilm
