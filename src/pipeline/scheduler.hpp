#pragma once
/// \file
/// The threads of a run, and what they wait for.

#include <oldfilm/profile.hpp>

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

namespace oldfilm {

/// A run thread that steps while there is something to do, one thread that pulls from a source, and
/// the callers' threads, which wait here for either. Thread-safe.
class Scheduler {
  public:
    /// `profile` may be null.
    explicit Scheduler(Profile* profile) : profile_(profile) {}
    /// Ends the threads, and waits for them.
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    /// Starts the run thread: `begin` once, then `step` again and again, which returns whether it
    /// did anything. After a step that did nothing it idles until `wake`.
    void start_stepping(std::function<void()> begin, std::function<bool()> step);
    /// Starts the source's thread: `begin` once, then `pull` whenever `has_room`, until it returns
    /// false.
    void start_source(std::function<void()> begin, std::function<bool()> has_room,
                      std::function<bool()> pull);
    /// Something came in or went out: the run thread steps again, and who waits looks again.
    void wake();
    /// The run is over, for this reason or for an earlier one.
    void end_with(std::exception_ptr reason);
    void stop();
    /// Throws what ended the run, if anything did.
    void rethrow() const;

    /// Waits until `ready`, until the run has ended, or, with `or_idle`, until the run thread has
    /// nothing to do. Returns whether it is ready.
    template <class Ready>
    bool wait_for(const Ready& ready, bool or_idle) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] {
            return ready() || failure_ != nullptr || (or_idle && idle_since_ == events_);
        });
        return ready();
    }

  private:
    void work(const std::function<bool()>& step);
    void pull_all(const std::function<bool()>& has_room, const std::function<bool()>& pull);

    Profile* profile_;
    mutable std::mutex mutex_; ///< guards what follows
    std::condition_variable changed_;
    std::uint64_t events_ = 0;
    /// The count of events after which the run thread found nothing to do; it idles while that is
    /// the latest.
    std::optional<std::uint64_t> idle_since_;
    bool stopping_ = false;
    std::exception_ptr failure_;
    std::thread run_thread_, source_;
};

} // namespace oldfilm
