#pragma once
/// \file
/// A device's streams and events as code that isn't LibTorch's knows them: for plugins that queue
/// work of their own. CUDA's come with the library; a program that registers a device of its own
/// with LibTorch may say what its own are.

#include <oldfilm/export.hpp>

#include <c10/core/Device.h>
#include <c10/core/Stream.h>

namespace oldfilm {

/// What `oldfilm_tensor.stream` and `oldfilm_tensor.ready` are on one kind of device. Each function
/// is for any thread, waits for nothing, and may throw an exception of the device's.
struct NativeStreams {
    /// What `stream` is there (on CUDA its cudaStream_t); null for the device's default stream.
    void* (*handle)(c10::Stream stream) = nullptr;
    /// The stream with that handle, which may be one that LibTorch has not made.
    c10::Stream (*stream)(void* handle, c10::Device device) = nullptr;
    /// What is queued on `stream` from now on comes after `event` (on CUDA a cudaEvent_t).
    void (*wait)(void* event, c10::Stream stream) = nullptr;
};

/// Plugins without LibTorch may work on devices of this type from now on; they are given their
/// tensors as OLDFILM_OTHER_DEVICE. An empty one: they may not. For the whole process, as
/// LibTorch's own registration of a device is; for any thread.
OLDFILM_API void set_native_streams(c10::DeviceType type, const NativeStreams& streams);

} // namespace oldfilm
