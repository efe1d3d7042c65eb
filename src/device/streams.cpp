#include "device/streams.hpp"

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace oldfilm {
namespace {

using c10::impl::VirtualGuardImpl;

/// `first`'s work so far comes before `second`'s later work on the frame.
void order(const Frame& frame, const VirtualGuardImpl& device, c10::Stream first,
           c10::Stream second) {
    if (first == second) {
        return;
    }
    c10::Event done(device.type());
    done.record(first);
    done.block(second);
    // The allocator gives memory back to the stream that it was made on, and must know of the
    // other.
    device.recordDataPtrOnStream(frame.picture().storage().data_ptr(), second);
    if (frame.mask().defined() && !frame.mask().is_cpu()) {
        device.recordDataPtrOnStream(frame.mask().storage().data_ptr(), second);
    }
}

} // namespace

// The lane's thread never leaves its device's default stream.

void hand_to_lane(const Frame& frame) {
    if (const at::Device where = frame.picture().device(); !where.is_cpu()) {
        const VirtualGuardImpl device(where.type());
        order(frame, device, device.getStream(where), device.getDefaultStream(where));
    }
}

void hand_to_caller(const Frame& frame) {
    if (const at::Device where = frame.picture().device(); !where.is_cpu()) {
        const VirtualGuardImpl device(where.type());
        order(frame, device, device.getDefaultStream(where), device.getStream(where));
    }
}

} // namespace oldfilm
