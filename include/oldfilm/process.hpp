#pragma once
/// \file
/// Process-wide settings that make restoration faster. The library never applies them by itself;
/// the program decides.

#include <oldfilm/export.hpp>

namespace oldfilm {

/// Makes glibc retain freed memory instead of returning it to the system, which avoids page faults:
/// pictures are large, and freed as often as they are allocated. From the first model that is
/// opened, large CPU tensors of LibTorch also use a pooled allocator. For programs that do little
/// but restore; call it before the first thread is started. The process then keeps its peak memory;
/// only runs with a memory limit return some of it. Returns whether the settings took effect; false
/// with other C libraries.
OLDFILM_API bool pool_memory() noexcept;

/// Whether `pool_memory` was called and took effect. Thread-safe.
OLDFILM_API bool memory_is_pooled() noexcept;

} // namespace oldfilm
