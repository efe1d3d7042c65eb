#include "pipeline/scheduler.hpp"

#include <oldfilm/error.hpp>

#include <new>
#include <utility>

namespace oldfilm {

Scheduler::~Scheduler() {
    stop();
    for (std::thread* thread : {&source_, &run_thread_}) {
        if (thread->joinable()) {
            thread->join();
        }
    }
}

void Scheduler::start_stepping(std::function<void()> begin, std::function<bool()> step) {
    run_thread_ = std::thread([this, begin = std::move(begin), step = std::move(step)] {
        try {
            begin();
            work(step);
        } catch (const std::bad_alloc&) {
            end_with(std::make_exception_ptr(
                Error(Errc::out_of_memory, "there is not enough memory for this pipeline; use a "
                                           "smaller scale or fewer stages")));
        } catch (...) {
            end_with(std::current_exception());
        }
    });
}

void Scheduler::work(const std::function<bool()>& step) {
    while (true) {
        std::uint64_t seen = 0;
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) {
                return;
            }
            seen = events_;
        }
        if (step()) {
            wake();
            continue;
        }
        std::unique_lock lock(mutex_);
        if (events_ == seen) {
            idle_since_ = seen;
            changed_.notify_all(); // a caller may be waiting to learn that nothing more comes
            const Profile::Span span(profile_, Profile::Kind::wait, "");
            changed_.wait(lock, [&] { return events_ != seen || stopping_; });
        }
    }
}

void Scheduler::start_source(std::function<void()> begin, std::function<bool()> has_room,
                             std::function<bool()> pull) {
    source_ = std::thread(
        [this, begin = std::move(begin), has_room = std::move(has_room), pull = std::move(pull)] {
            try {
                begin();
                pull_all(has_room, pull);
            } catch (...) {
                end_with(std::current_exception());
            }
        });
}

void Scheduler::pull_all(const std::function<bool()>& has_room, const std::function<bool()>& pull) {
    while (true) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return stopping_ || failure_ || has_room(); });
            if (stopping_ || failure_) {
                return;
            }
        }
        const bool goes_on = pull();
        wake();
        if (!goes_on) {
            return;
        }
    }
}

void Scheduler::wake() {
    {
        const std::lock_guard lock(mutex_);
        ++events_;
    }
    changed_.notify_all();
}

void Scheduler::end_with(std::exception_ptr reason) {
    {
        const std::lock_guard lock(mutex_);
        if (!failure_) {
            failure_ = std::move(reason);
        }
    }
    stop();
}

void Scheduler::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        ++events_;
    }
    changed_.notify_all();
}

void Scheduler::rethrow() const {
    const std::lock_guard lock(mutex_);
    if (failure_) {
        std::rethrow_exception(failure_);
    }
}

} // namespace oldfilm
