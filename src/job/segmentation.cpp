#include "job/segmentation.hpp"

#include <algorithm>

namespace oldfilm::job {

void Segmentation::see(std::int64_t index, std::int32_t shot, Rational time) {
    const std::lock_guard lock(mutex_);
    times_.push_back(time);
    const bool cut = shot >= std::ssize(shots_);
    if (cut) {
        shots_.push_back(index);
    }
    if (starts_.empty()) {
        starts_.push_back(index);
        return;
    }
    const std::int64_t length = index - starts_.back();
    if (length >= longest || (cut && length >= shortest)) {
        starts_.push_back(index);
    }
}

std::int64_t Segmentation::segment_of(std::int64_t index) const {
    const std::lock_guard lock(mutex_);
    return std::upper_bound(starts_.begin(), starts_.end(), index) - starts_.begin() - 1;
}

std::int64_t Segmentation::start_of(std::int64_t number) const {
    const std::lock_guard lock(mutex_);
    return number < std::ssize(starts_) ? starts_[static_cast<std::size_t>(number)]
                                        : first_ + std::ssize(times_);
}

std::int64_t Segmentation::seen() const {
    const std::lock_guard lock(mutex_);
    return first_ + std::ssize(times_);
}

Rational Segmentation::time_of(std::int64_t index) const {
    const std::lock_guard lock(mutex_);
    return times_.at(static_cast<std::size_t>(index - first_));
}

std::int32_t Segmentation::shot_of(std::int64_t index) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::int32_t>(std::upper_bound(shots_.begin(), shots_.end(), index) -
                                     shots_.begin() - 1);
}

std::vector<std::int64_t> Segmentation::shots() const {
    const std::lock_guard lock(mutex_);
    return shots_;
}

} // namespace oldfilm::job
