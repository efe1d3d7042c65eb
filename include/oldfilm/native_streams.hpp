#pragma once
/// \file
/// Native handles of a device's streams and events, for plugins without LibTorch that queue work of
/// their own. Those of CUDA are built in; a program that registers a device with LibTorch can
/// provide those of its device.

#include <oldfilm/export.hpp>

#include <c10/core/Device.h>
#include <c10/core/Stream.h>

namespace oldfilm {

/// Meaning of `oldfilm_tensor.stream` and `oldfilm_tensor.ready` on one type of device. All
/// functions must be thread-safe, must not block, and may throw.
struct NativeStreams {
    /// Returns the native handle of `stream` (on CUDA a cudaStream_t); null for the default stream
    /// of the device.
    void* (*handle)(c10::Stream stream) = nullptr;
    /// Returns the stream with this handle, which LibTorch may not have created.
    c10::Stream (*stream)(void* handle, c10::Device device) = nullptr;
    /// Makes work queued on `stream` from now on wait for `event` (on CUDA a cudaEvent_t).
    void (*wait)(void* event, c10::Stream stream) = nullptr;
};

/// Allows plugins without LibTorch on devices of this type; they receive tensors with the device
/// type OLDFILM_OTHER_DEVICE. An empty `handle` disallows them. Process-wide, like the registration
/// of a device with LibTorch. Thread-safe.
OLDFILM_API void set_native_streams(c10::DeviceType type, const NativeStreams& streams);

} // namespace oldfilm
