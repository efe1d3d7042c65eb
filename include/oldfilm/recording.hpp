#pragma once
/// \file
/// Recorded device work, which a single launch queues again (a CUDA graph). Recording on CUDA is
/// built in; a program that registers a device with LibTorch can provide a recorder for its device.

#include <oldfilm/export.hpp>

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace oldfilm {

/// Recorded work, together with the memory allocated for it.
class Recording {
  public:
    Recording() = default;
    virtual ~Recording() = default;
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;
    /// Queues the work again on the calling thread's current stream: the same kernels on the same
    /// memory. Returns without waiting. Not reentrant: the caller must ensure that replays do not
    /// overlap on the device.
    virtual void replay() = 0;
};

/// Calls `work` once, on the calling thread, and records what it queues on the current stream of
/// `device` instead of executing it. Tensors created by `work` hold the results of the latest
/// replay; their memory is not reused during the lifetime of the recording. Throws what `work`
/// throws, or the device's exception if something cannot be recorded (reading back a value, for
/// example); the state of the device is then unchanged. Must be thread-safe.
using Record = std::function<std::unique_ptr<Recording>(const c10::Device& device,
                                                        const std::function<void()>& work)>;

/// Models opened from now on use `record` on devices of this type; empty: they do not record.
/// Process-wide, like the registration of a device with LibTorch. Thread-safe.
OLDFILM_API void set_recorder(c10::DeviceType type, Record record);

} // namespace oldfilm
