#pragma once
/// \file
/// Settings of the whole process that make restoration faster. The library offers them and never
/// applies them by itself: a program decides.

#include <oldfilm/export.hpp>

namespace oldfilm {

/// Lets glibc keep freed memory instead of returning it to the system and taking page faults for it
/// again: pictures are large, and as many are freed as are made. LibTorch's large tensors get
/// addresses of their own with the first model that is opened. For programs that do little but
/// restore; call it before the first thread is started. The process then holds the most memory that
/// it ever needed. Returns whether the settings took effect; false with a C library that has none.
OLDFILM_API bool pool_memory() noexcept;

/// Whether `pool_memory` was called and took effect. For any thread.
OLDFILM_API bool memory_is_pooled() noexcept;

} // namespace oldfilm
