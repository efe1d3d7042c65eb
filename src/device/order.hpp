#pragma once
/// \file
/// Order between streams, of any device of LibTorch's; the CPU has none and needs none.

#include <oldfilm/export.hpp>

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace oldfilm {

/// The calling thread's stream. Not for the CPU.
inline c10::Stream current_stream(const at::Device& device) {
    return c10::impl::VirtualGuardImpl(device.type()).getStream(device);
}

inline c10::Stream default_stream(const at::Device& device) {
    return c10::impl::VirtualGuardImpl(device.type()).getDefaultStream(device);
}

/// `second` comes after what `first` has queued so far.
inline void order(c10::Stream first, c10::Stream second) {
    if (first == second) {
        return;
    }
    c10::Event done(first.device_type());
    done.record(first);
    done.block(second);
}

namespace base {
/// The allocator gives memory back to the stream that it was made on, and must know of others; so
/// must the owner of memory that isn't LibTorch's. For the project's other libraries too.
OLDFILM_API void keep_for(const at::Tensor& tensor, c10::Stream stream);
} // namespace base
using base::keep_for;

} // namespace oldfilm
