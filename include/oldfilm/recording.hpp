#pragma once
/// \file
/// Work on a device that is queued again at the price of one launch (CUDA calls it a graph). CUDA's
/// way to record comes with the library; a program that registers a device of its own with LibTorch
/// may say how that one records.

#include <oldfilm/export.hpp>

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace oldfilm {

/// What a piece of work queued, with all the memory that was made for it.
class Recording {
  public:
    Recording() = default;
    virtual ~Recording() = default;
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;
    /// Queues it again on the calling thread's current stream: the same kernels on the same memory.
    /// Who calls sees to it that it doesn't run twice at a time. Does not wait.
    virtual void replay() = 0;
};

/// Calls `work` once, on the calling thread, and keeps what it queues on the current stream of
/// `device` instead of queuing it. Tensors made meanwhile hold what the last replay put there, and
/// their memory is given to nothing else while the recording lives. Throws what `work` throws, and
/// an exception of the device's where something can't be recorded (a wait for a value, say); the
/// device is then as it was. May be called on several threads at a time.
using Record = std::function<std::unique_ptr<Recording>(const c10::Device& device,
                                                        const std::function<void()>& work)>;

/// Models opened from now on record with `record` on devices of this type; empty: they don't. For
/// the whole process, as LibTorch's own registration of a device is; for any thread.
OLDFILM_API void set_recorder(c10::DeviceType type, Record record);

} // namespace oldfilm
