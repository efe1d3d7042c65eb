#include "job/frame_queue.hpp"

#include "device/order.hpp"
#include "device/single_thread.hpp"

#include <c10/core/StreamGuard.h>

#include <algorithm>
#include <utility>

namespace oldfilm::job {
namespace {

/// Long enough to even out one slow picture, short enough to cost no memory worth naming: of large
/// pictures, one waits.
std::size_t queue_length(std::int64_t bytes) {
    constexpr std::int64_t worth_naming = std::int64_t{128} << 20;
    return static_cast<std::size_t>(
        std::clamp<std::int64_t>(worth_naming / std::max<std::int64_t>(bytes, 1), 1, 4));
}

} // namespace

FrameQueue::FrameQueue(FrameConsumer& consumer, Profile* profile)
    : consumer_(consumer), profile_(profile), thread_([this] { run(); }) {}

std::size_t FrameQueue::most_frames(std::int64_t bytes) {
    return queue_length(bytes) + 1;
}

FrameQueue::~FrameQueue() {
    {
        const std::lock_guard lock(mutex_);
        discard_ = true;
    }
    close();
}

bool FrameQueue::push(const Frame& frame) {
    const at::Device where = frame.picture().device();
    Pushed pushed{frame, std::nullopt};
    if (!where.is_cpu()) {
        pushed.on = current_stream(where);
    }
    std::unique_lock lock(mutex_);
    const std::size_t most = queue_length(frame.bytes());
    changed_.wait(lock, [&] { return queue_.size() < most || failure_ || closed_; });
    if (failure_ || closed_) {
        return false;
    }
    queue_.push_back(std::move(pushed));
    changed_.notify_all();
    return true;
}

void FrameQueue::drain() {
    close();
    if (failure_) {
        std::rethrow_exception(failure_);
    }
}

void FrameQueue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

void FrameQueue::run() {
    base::use_single_thread();
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return !queue_.empty() || closed_; });
        if (queue_.empty() || discard_) {
            return;
        }
        Pushed next = std::move(queue_.front());
        queue_.pop_front();
        changed_.notify_all();
        lock.unlock();
        std::exception_ptr failure;
        try {
            const Profile::Span span(profile_, Profile::Kind::encode, "", next.frame.info().index);
            const c10::OptionalStreamGuard on(next.on);
            consumer_.consume(next.frame);
        } catch (...) {
            failure = std::current_exception();
        }
        next = Pushed(); // Its memory goes back before the next wait.
        lock.lock();
        if (failure) {
            failure_ = failure;
            queue_.clear();
            changed_.notify_all();
            return;
        }
    }
}

} // namespace oldfilm::job
