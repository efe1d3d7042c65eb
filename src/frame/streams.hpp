#pragma once
/// \file
/// Order between the host, a caller's stream and the run thread's, and copies that
/// overlap with the run thread's work. The run thread never leaves its device's default stream.
///
/// Nothing here waits but `PendingFrame::wait`.

#include <oldfilm/frame.hpp>

#include <c10/core/Event.h>
#include <c10/core/Stream.h>
#include <c10/core/StreamGuard.h>

#include <memory>
#include <optional>
#include <utility>

namespace oldfilm {

/// A frame that is made, or on its way to the host, and the event after which it is there.
class PendingFrame {
  public:
    PendingFrame() = default;
    PendingFrame(Frame frame, c10::Event there)
        : frame_(std::move(frame)), there_(std::make_shared<c10::Event>(std::move(there))) {}
    /// The frame, which may not be there yet.
    [[nodiscard]] const Frame& frame() const noexcept { return frame_; }
    /// The frame; the calling thread waits until it is there.
    [[nodiscard]] Frame wait() const;
    /// The frame; the calling thread's current stream comes after its making, and its memory
    /// outlives that stream's use of it.
    [[nodiscard]] Frame synchronize_with_caller() const;

  private:
    Frame frame_;
    std::shared_ptr<c10::Event> there_;
};

/// Copies of a run's frames to the device and back, each way on a stream of its own, through pinned
/// memory that LibTorch's allocator keeps for the next frame. For the run thread, where
/// nothing else is said.
class Transfers {
  public:
    explicit Transfers(const at::Device& device);
    /// What the run thread queues from now on, and what overlaps with it, comes after what the
    /// calling thread has queued on its current stream, and the frame's memory outlives both. For
    /// any thread.
    void receive(const Frame& frame) const;
    /// While it lives, the calling thread overlaps with the run thread: waits are for what was
    /// received or uploaded, and not for the run thread's work.
    [[nodiscard]] c10::OptionalStreamGuard copy_stream_guard() const {
        return c10::OptionalStreamGuard(up_);
    }
    /// The frame on the device; what the run thread queues from now on comes after the copy. On the
    /// CPU the calling thread waits for a frame from elsewhere.
    [[nodiscard]] Frame upload(const Frame& frame) const;
    /// Begins to bring the frame to the host, after what the run thread has queued so far.
    [[nodiscard]] PendingFrame download(const Frame& frame) const;
    /// The frame where it is, after what the run thread has queued so far.
    [[nodiscard]] PendingFrame send(Frame frame) const;

  private:
    at::Device device_;
    std::optional<c10::Stream> run_, up_, down_; ///< nothing on the CPU
};

} // namespace oldfilm
