#pragma once
/// \file
/// The edge between two stages: a bounded window of frames in order.

#include <oldfilm/frame.hpp>

#include <cstdint>
#include <deque>
#include <mutex>

namespace oldfilm {

/// Frames are numbered in the order of their coming, from 0 or from a number that is given. One
/// side pushes, one side reads and releases; both may be different threads. Never blocks: who finds
/// it full or empty waits elsewhere.
class FrameBuffer {
  public:
    /// `capacity` frames at most, >= 1.
    explicit FrameBuffer(std::size_t capacity, std::int64_t first = 0)
        : capacity_(capacity), begin_(first) {}

    [[nodiscard]] bool full() const { return !has_room(1); }
    [[nodiscard]] bool has_room(std::int64_t frames) const;
    /// The caller has seen that it isn't full. Throws `Error` (internal) when it is, or when it is
    /// closed.
    void push(Frame frame);
    /// Nothing more comes.
    void close();
    [[nodiscard]] bool closed() const;

    [[nodiscard]] std::int64_t begin() const; ///< number of the first frame still held
    [[nodiscard]] std::int64_t end() const;   ///< number that the next frame will get
    /// Frame `number`, begin() <= number < end().
    [[nodiscard]] Frame at(std::int64_t number) const;
    /// Nobody asks for frames before `number` again: their memory goes back now.
    void release_before(std::int64_t number);
    /// Frames and bytes held now.
    [[nodiscard]] std::int64_t size() const;
    [[nodiscard]] std::int64_t bytes() const;

  private:
    mutable std::mutex mutex_;
    std::size_t capacity_;
    std::deque<Frame> frames_;
    std::int64_t begin_ = 0;
    std::int64_t bytes_ = 0;
    bool closed_ = false;
};

} // namespace oldfilm
