#pragma once
/// \file
/// The time base of a film's first frame.

#include <oldfilm/time.hpp>

#include <exception>
#include <future>
#include <mutex>

namespace oldfilm::job {

/// The clock of all segments of a film rests on the time base of its first frame, which only one
/// worker sees, or an earlier run saw. Thread-safe.
class FirstTimeBase {
  public:
    /// The first call counts.
    void set(Rational base);
    /// It will not be known: `wait` throws `why`, unless it is known.
    void abandon(std::exception_ptr why);
    /// Waits until it is known.
    [[nodiscard]] Rational wait() { return base_.get(); }

  private:
    std::mutex mutex_;
    bool set_ = false;
    std::promise<Rational> promise_;
    std::shared_future<Rational> base_ = promise_.get_future().share();
};

} // namespace oldfilm::job
