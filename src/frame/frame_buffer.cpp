#include "frame/frame_buffer.hpp"

#include <oldfilm/error.hpp>

#include <utility>

namespace oldfilm {

bool FrameBuffer::has_room(std::int64_t frames) const {
    const std::lock_guard lock(mutex_);
    return frames_.size() + static_cast<std::size_t>(frames) <= capacity_;
}

void FrameBuffer::push(Frame frame) {
    const std::lock_guard lock(mutex_);
    if (closed_ || frames_.size() >= capacity_) {
        throw Error(Errc::internal, "a frame was pushed into a full or closed buffer");
    }
    bytes_ += frame.bytes();
    frames_.push_back(std::move(frame));
}

void FrameBuffer::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
}

bool FrameBuffer::closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

std::int64_t FrameBuffer::begin() const {
    const std::lock_guard lock(mutex_);
    return begin_;
}

std::int64_t FrameBuffer::end() const {
    const std::lock_guard lock(mutex_);
    return begin_ + static_cast<std::int64_t>(frames_.size());
}

Frame FrameBuffer::at(std::int64_t number) const {
    const std::lock_guard lock(mutex_);
    if (number < begin_ || number >= begin_ + static_cast<std::int64_t>(frames_.size())) {
        throw Error(Errc::internal,
                    "a frame was asked for that its buffer no longer or not yet holds");
    }
    return frames_[static_cast<std::size_t>(number - begin_)];
}

void FrameBuffer::release_before(std::int64_t number) {
    std::deque<Frame> gone; // freed after the lock
    const std::lock_guard lock(mutex_);
    while (begin_ < number && !frames_.empty()) {
        bytes_ -= frames_.front().bytes();
        gone.push_back(std::move(frames_.front()));
        frames_.pop_front();
        ++begin_;
    }
}

std::int64_t FrameBuffer::size() const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::int64_t>(frames_.size());
}

std::int64_t FrameBuffer::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

} // namespace oldfilm
