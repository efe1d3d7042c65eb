#include "job/film_sink.hpp"

#include <utility>

namespace oldfilm::job {
namespace {

// Long enough to even out one slow picture, short enough to cost no memory worth naming.
constexpr std::size_t queue_length = 4;

} // namespace

FilmSink::FilmSink(const std::string& path, WriteOptions options, const Reader* source,
                   std::function<Frame(const Frame&)> before)
    : writer_(path, std::move(options), source), before_(std::move(before)),
      thread_([this] { run(); }) {}

FilmSink::~FilmSink() {
    {
        const std::lock_guard lock(mutex_);
        discard_ = true;
    }
    close();
}

bool FilmSink::push(const Frame& frame) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return queue_.size() < queue_length || failure_ || closed_; });
    if (failure_ || closed_) {
        return false;
    }
    queue_.push_back(frame);
    changed_.notify_all();
    return true;
}

void FilmSink::drain() {
    close();
    if (failure_) {
        std::rethrow_exception(failure_);
    }
}

void FilmSink::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

void FilmSink::run() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return !queue_.empty() || closed_; });
        if (queue_.empty() || discard_) {
            return;
        }
        Frame frame = std::move(queue_.front());
        queue_.pop_front();
        changed_.notify_all();
        lock.unlock();
        std::exception_ptr failure;
        try {
            writer_.write(before_ ? before_(frame) : frame);
        } catch (...) {
            failure = std::current_exception();
        }
        frame = Frame(); // Its memory goes back before the next wait.
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
