#include "job/first_time_base.hpp"

#include <utility>

namespace oldfilm::job {

void FirstTimeBase::set(Rational base) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(set_, true)) {
        promise_.set_value(base);
    }
}

void FirstTimeBase::abandon(std::exception_ptr why) {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(set_, true)) {
        promise_.set_exception(std::move(why));
    }
}

} // namespace oldfilm::job
