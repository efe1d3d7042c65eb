#pragma once
/// \file
/// Memory that isn't LibTorch's, in tensors of LibTorch's.

#include <ATen/core/Tensor.h>
#include <c10/core/Stream.h>

#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace oldfilm {

/// What is given back to its owner once.
class OwnedElsewhere {
  public:
    using Release = void (*)(void* owner, void* stream);
    OwnedElsewhere(void* owner, Release release) noexcept : owner_(owner), release_(release) {}
    OwnedElsewhere(OwnedElsewhere&& other) noexcept
        : owner_(other.owner_), release_(std::exchange(other.release_, nullptr)) {}
    OwnedElsewhere& operator=(OwnedElsewhere&&) = delete;
    ~OwnedElsewhere() { give_back(nullptr); }
    /// `stream`: see oldfilm_tensor.
    void give_back(void* stream) noexcept {
        if (const Release release = std::exchange(release_, nullptr)) {
            release(owner_, stream);
        }
    }

  private:
    void* owner_;
    Release release_;
};

/// The memory of a tensor that another owns. When the last reference goes, on whichever thread, it
/// is given back on a stream that comes after all that was queued with it. LibTorch's allocators do
/// that for their own memory alone.
class ForeignMemory {
  public:
    /// Memory on `device`, which is there for what is queued on the calling thread's current
    /// stream. A driver's handles must be known for the device, unless that is the CPU.
    static at::Tensor tensor(void* data, at::IntArrayRef sizes, at::IntArrayRef strides,
                             at::ScalarType type, const at::Device& device, OwnedElsewhere owned);
    /// The tensor's memory if it is foreign; null: it is LibTorch's.
    static ForeignMemory* of(const at::Tensor& tensor) noexcept;

    /// It is used on `stream` too. For any thread.
    void used_on(c10::Stream stream);

  private:
    ForeignMemory(const at::Device& device, OwnedElsewhere owned);
    static void end(void* memory) noexcept;
    [[nodiscard]] c10::Stream after_all_uses() const;

    OwnedElsewhere owned_;
    std::optional<c10::Stream> first_; ///< that it was taken on; nothing on the CPU
    std::mutex mutex_;
    std::vector<c10::Stream> others_;
};

} // namespace oldfilm
