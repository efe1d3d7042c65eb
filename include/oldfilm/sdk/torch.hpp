#pragma once
/// \file
/// `at::Tensor` in place of the C tensors, for stages that are built with the host's own LibTorch.
/// Pixels are not copied in either direction; both sides reference the same storage.

#include <oldfilm/sdk/config.hpp>
#include <oldfilm/sdk/frame_view.hpp>
#include <oldfilm/sdk/host.hpp>
#include <oldfilm/sdk/tensor_ref.hpp>

#include <ATen/core/Tensor.h>

namespace oldfilm::sdk {

/// A lent tensor as an `at::Tensor` that shares its storage and may be stored beyond the call.
inline at::Tensor tensor(const oldfilm_tensor& lent) {
    auto* impl = static_cast<c10::TensorImpl*>(lent.impl);
    return at::Tensor(c10::intrusive_ptr<c10::TensorImpl>::unsafe_reclaim_from_nonowning(impl));
}

/// Takes ownership of a given tensor.
inline at::Tensor take(TensorRef given) {
    auto* impl = static_cast<c10::TensorImpl*>(given.release().impl);
    return at::Tensor(c10::intrusive_ptr<c10::TensorImpl>::reclaim(impl));
}

/// An owned reference to `tensor`, to be given away; the storage is shared.
inline TensorRef share(const at::Tensor& tensor) {
    oldfilm_tensor c{};
    c.impl = at::Tensor(tensor).unsafeReleaseTensorImpl();
    c.owner = c.impl;
    c.release = [](void* owner, void* /*stream*/) {
        at::Tensor(
            c10::intrusive_ptr<c10::TensorImpl>::reclaim(static_cast<c10::TensorImpl*>(owner)));
    };
    return TensorRef(c);
}

/// Lends `tensor` for a call; valid as long as `tensor`.
inline oldfilm_tensor lend(const at::Tensor& tensor) {
    oldfilm_tensor c{};
    c.impl = tensor.unsafeGetTensorImpl();
    return c;
}

/// The device of the stage, on which its inputs are and its outputs must be.
inline c10::Device device(const Format& input) {
    const c10::DeviceType type = input.device_type == OLDFILM_CPU    ? c10::kCPU
                                 : input.device_type == OLDFILM_CUDA ? c10::kCUDA
                                                                     : c10::kPrivateUse1;
    return type == c10::kCPU ? c10::Device(type)
                             : c10::Device(type, static_cast<c10::DeviceIndex>(input.device_index));
}

/// The picture of the frame, C x H x W float32. Read-only: other stages and the writer share it.
inline at::Tensor picture(const FrameView& frame) {
    return tensor(frame.picture());
}
/// The repair mask, 1 x H x W float32; undefined if there is none. Read-only.
inline at::Tensor mask(const FrameView& frame) {
    return frame.mask() == nullptr ? at::Tensor() : tensor(*frame.mask());
}

/// Optical flow, 2 x H x W in pixels (x, then y): to(p + flow(p)) matches from(p). The caller may
/// write to it.
inline at::Tensor flow(const Host& host, const FrameView& from, const FrameView& to) {
    return take(host.flow(from, to));
}

/// Flow at full resolution; see `Host::fine_flow`.
inline at::Tensor fine_flow(const Host& host, const FrameView& from, const FrameView& to) {
    return take(host.fine_flow(from, to));
}

/// `flow` between any two pictures of the same size, C x H x W float32.
inline at::Tensor flow(const Host& host, const at::Tensor& from, const at::Tensor& to) {
    const oldfilm_tensor a = lend(from);
    const oldfilm_tensor b = lend(to);
    oldfilm_tensor result{};
    Host::check(host.require<oldfilm_host_flow>(OLDFILM_EXT_FLOW)->flow(host.c(), &a, &b, &result));
    return take(TensorRef(result));
}

} // namespace oldfilm::sdk
