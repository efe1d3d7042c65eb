#include "frame/streams.hpp"

#include "device/order.hpp"

#include <ATen/ops/empty.h>

#include <utility>

namespace oldfilm {
namespace {

using c10::impl::VirtualGuardImpl;

void keep_all_for(const Frame& frame, c10::Stream stream) {
    keep_for(frame.picture(), stream);
    keep_for(frame.mask(), stream);
    keep_for(frame.damage(), stream);
    keep_for(frame.evidence(), stream);
}

/// The frame with `copy` of its picture and its planes.
template <class Copy>
Frame copied(const Frame& frame, const Copy& copy) {
    Frame result = frame.with_picture(copy(frame.picture()));
    if (frame.mask().defined()) {
        result = result.with_mask(copy(frame.mask()));
    }
    if (frame.damage().defined()) {
        result = result.with_damage(copy(frame.damage()));
    }
    return frame.evidence().defined() ? result.with_evidence(copy(frame.evidence())) : result;
}

} // namespace

Frame PendingFrame::wait() const {
    if (there_) {
        there_->synchronize();
    }
    return frame_;
}

Frame PendingFrame::synchronize_with_caller() const {
    if (there_) {
        const at::Device where = frame_.picture().device();
        const c10::Stream caller = VirtualGuardImpl(where.type()).getStream(where);
        there_->block(caller);
        keep_all_for(frame_, caller);
    }
    return frame_;
}

Transfers::Transfers(const at::Device& device) : device_(device) {
    if (!device.is_cpu()) {
        const VirtualGuardImpl of(device.type());
        run_ = of.getDefaultStream(device);
        up_ = of.getStreamFromGlobalPool(device);
        down_ = of.getStreamFromGlobalPool(device);
    }
}

void Transfers::receive(const Frame& frame) const {
    const at::Device where = frame.picture().device();
    if (where.is_cpu()) {
        return;
    }
    const VirtualGuardImpl device(where.type());
    const c10::Stream run = run_.value_or(device.getDefaultStream(where));
    for (const c10::Stream user : {run, up_.value_or(run)}) {
        order(device.getStream(where), user);
        keep_all_for(frame, user);
    }
}

Frame Transfers::upload(const Frame& frame) const {
    if (!up_) {
        return copied(frame, [](const at::Tensor& elsewhere) { return elsewhere.cpu(); });
    }
    const c10::StreamGuard on(*up_);
    Frame there = copied(frame, [&](const at::Tensor& host) {
        const at::Tensor pinned = host.is_pinned() ? host : host.pin_memory();
        return pinned.to(device_, /*non_blocking=*/true);
    });
    order(*up_, *run_);
    keep_all_for(there, *run_);
    return there;
}

PendingFrame Transfers::download(const Frame& frame) const {
    order(*run_, *down_);
    const c10::StreamGuard on(*down_);
    const Frame here = copied(frame, [&](const at::Tensor& made) {
        const auto pinned = at::TensorOptions().dtype(made.scalar_type()).pinned_memory(true);
        return at::empty(made.sizes(), pinned).copy_(made, /*non_blocking=*/true);
    });
    keep_all_for(frame, *down_);
    c10::Event there(device_.type());
    there.record(*down_);
    return {here, std::move(there)};
}

PendingFrame Transfers::send(Frame frame) const {
    c10::Event made(device_.type());
    made.record(*run_);
    return {std::move(frame), std::move(made)};
}

} // namespace oldfilm
