#pragma once
/// \file
/// Work on frames on a thread of its own, behind a short queue.

#include <oldfilm/frame.hpp>
#include <oldfilm/profile.hpp>

#include <c10/core/Stream.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace oldfilm::job {

/// Does `work` with each frame, in order, while the caller goes on. With frames on a device it is
/// done on the stream on which they were pushed.
class FrameQueue {
  public:
    /// `profile` is told the work as encoding; may be null.
    FrameQueue(std::function<void(const Frame&)> work, Profile* profile);
    /// What is still waiting is dropped.
    ~FrameQueue();
    FrameQueue(const FrameQueue&) = delete;
    FrameQueue& operator=(const FrameQueue&) = delete;

    /// Hands a frame over; waits while the queue is full. False: the work has failed, and `drain`
    /// says how. One thread at a time.
    [[nodiscard]] bool push(const Frame& frame);
    /// Waits until the work on everything that was pushed is done. Throws what the work threw.
    void drain();
    /// Frames of so many bytes that wait or are worked on at most.
    static std::size_t most_frames(std::int64_t bytes);

  private:
    struct Pushed {
        Frame frame;
        std::optional<c10::Stream> on; ///< nothing for frames of the host
    };
    void run();
    void close();

    std::function<void(const Frame&)> work_;
    Profile* profile_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Pushed> queue_;
    bool closed_ = false;
    bool discard_ = false;
    std::exception_ptr failure_;
    std::thread thread_;
};

} // namespace oldfilm::job
