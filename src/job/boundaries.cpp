#include "job/boundaries.hpp"

#include <algorithm>

namespace oldfilm::job {

void Boundaries::see(std::int64_t index, std::int32_t shot, Rational time) {
    const std::lock_guard lock(mutex_);
    times_.push_back(time);
    const bool cut = shot != shot_;
    shot_ = shot;
    if (starts_.empty()) {
        starts_.push_back(index);
        return;
    }
    const std::int64_t length = index - starts_.back();
    if (length >= longest || (cut && length >= shortest)) {
        starts_.push_back(index);
    }
}

std::int64_t Boundaries::piece_at(Rational time) const {
    std::int64_t index = 0;
    {
        const std::lock_guard lock(mutex_);
        index =
            first_ + (std::upper_bound(times_.begin(), times_.end(), time) - times_.begin()) - 1;
    }
    return piece_of(index);
}

std::int64_t Boundaries::piece_of(std::int64_t index) const {
    const std::lock_guard lock(mutex_);
    return std::upper_bound(starts_.begin(), starts_.end(), index) - starts_.begin() - 1;
}

std::int64_t Boundaries::start_of(std::int64_t number) const {
    const std::lock_guard lock(mutex_);
    return number < std::ssize(starts_) ? starts_[static_cast<std::size_t>(number)]
                                        : first_ + std::ssize(times_);
}

std::int64_t Boundaries::seen() const {
    const std::lock_guard lock(mutex_);
    return first_ + std::ssize(times_);
}

Rational Boundaries::time_of(std::int64_t index) const {
    const std::lock_guard lock(mutex_);
    return times_.at(static_cast<std::size_t>(index - first_));
}

} // namespace oldfilm::job
