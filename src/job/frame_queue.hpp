#pragma once
/// \file
/// Work on frames on a thread of its own, behind a short queue.

#include <oldfilm/frame.hpp>
#include <oldfilm/profile.hpp>

#include <c10/core/Stream.h>

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>

namespace oldfilm::job {

/// What is done with frames on the thread of a queue.
class FrameConsumer {
  public:
    FrameConsumer() = default;
    FrameConsumer(const FrameConsumer&) = delete;
    FrameConsumer& operator=(const FrameConsumer&) = delete;
    virtual ~FrameConsumer() = default;
    virtual void consume(const Frame& frame) = 0;
};

/// Hands each frame to a consumer, in order, while the caller continues. Frames on a device are
/// consumed on the stream on which they were pushed.
class FrameQueue {
  public:
    /// `consumer` outlives this. `profile` records the work as encoding; may be null.
    FrameQueue(FrameConsumer& consumer, Profile* profile);
    /// What is still waiting is dropped.
    ~FrameQueue();
    FrameQueue(const FrameQueue&) = delete;
    FrameQueue& operator=(const FrameQueue&) = delete;

    /// Hands a frame over; waits while the queue is full. False: the consumer has failed, and
    /// `drain` throws what it threw. One thread at a time.
    [[nodiscard]] bool push(const Frame& frame);
    /// Waits until everything that was pushed is consumed. Throws what the consumer threw.
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

    FrameConsumer& consumer_;
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
