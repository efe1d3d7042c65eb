#pragma once
/// \file
/// Order between streams, of any device of LibTorch's; the CPU has none and needs none.

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

/// The allocator gives memory back to the stream that it was made on, and must know of others.
inline void keep_for(const at::Tensor& tensor, c10::Stream stream) {
    if (tensor.defined() && tensor.device().type() == stream.device_type()) {
        c10::impl::VirtualGuardImpl(stream.device_type())
            .recordDataPtrOnStream(tensor.storage().data_ptr(), stream);
    }
}

} // namespace oldfilm
