#include "pipeline/repeats.hpp"

#include <algorithm>

namespace oldfilm {

bool Repeats::see(const FrameInfo& info, bool is_as_before) {
    const bool again = info.origin == Origin::held && shot_ == info.shot && is_as_before;
    shot_ = info.shot;
    if (!again) {
        const std::lock_guard lock(mutex_);
        own_.push_back(info.index);
    }
    return again;
}

void Repeats::take_out(const FrameInfo& info) {
    std::int64_t own = 0;
    {
        const std::lock_guard lock(mutex_);
        own = own_.back();
    }
    put(own, info);
}

void Repeats::put(std::int64_t index, const FrameInfo& info) {
    if (waiting_.empty() || waiting_.back().first != index) {
        waiting_.emplace_back(index, std::vector<FrameInfo>());
    }
    waiting_.back().second.push_back(info);
}

std::optional<FrameInfo> Repeats::of(std::int64_t index, std::size_t number) const {
    const auto found =
        std::lower_bound(waiting_.begin(), waiting_.end(), index,
                         [](const auto& one, std::int64_t i) { return one.first < i; });
    const bool any = found != waiting_.end() && found->first == index;
    return any && number < found->second.size() ? std::optional(found->second[number])
                                                : std::nullopt;
}

void Repeats::forget_before(std::int64_t index) {
    while (!waiting_.empty() && waiting_.front().first < index) {
        waiting_.pop_front();
    }
}

std::int64_t Repeats::first_frame_needed_for(std::int64_t frame, std::int64_t shot_first,
                                             std::int64_t reach, std::int64_t aligned) const {
    const std::lock_guard lock(mutex_);
    // The number of the picture that a frame shows, from where the run began on; what has not come
    // yet is taken for one each.
    const auto count = std::ssize(own_);
    const auto picture = [&](std::int64_t of) -> std::int64_t {
        if (own_.empty() || of > own_.back()) {
            return own_.empty() ? of : count - 1 + of - own_.back();
        }
        const auto after = std::upper_bound(own_.begin(), own_.end(), of);
        return std::max<std::int64_t>(after - own_.begin() - 1, 0);
    };
    const std::int64_t first = picture(shot_first);
    const std::int64_t back = std::max<std::int64_t>(picture(frame) - reach - first, 0);
    const std::int64_t at = first + back / aligned * aligned;
    return own_.empty() ? at
           : at < count ? own_[static_cast<std::size_t>(at)]
                        : own_.back() + at - (count - 1);
}

bool Fold::step() {
    if (next_ == in_.end()) {
        return close_at_end(next_);
    }
    if (out_.full()) {
        return false;
    }
    Frame frame = in_.at(next_++);
    FrameInfo info = frame.info();
    if (!last_.defined() || !last_.is_same(frame.picture())) {
        info.origin = Origin::decoded; // held, but not shown before
    }
    last_ = frame.picture();
    if (repeats_.see(info)) {
        repeats_.take_out(info);
    } else {
        out_.push(std::move(frame));
    }
    in_.release_before(next_);
    return true;
}

bool Unfold::step() {
    if (out_.full()) {
        return false;
    }
    if (last_.defined()) {
        if (const auto repeat = repeats_.of(last_.info().index, given_)) {
            ++given_;
            out_.push(last_.with_info(*repeat));
            return true;
        }
    }
    if (next_ == in_.end()) {
        return close_at_end(next_);
    }
    last_ = in_.at(next_++);
    given_ = 0;
    repeats_.forget_before(last_.info().index);
    in_.release_before(next_);
    out_.push(last_);
    return true;
}

bool Tap::step() {
    if (last_.defined()) {
        if (const auto repeat = repeats_.of(last_.info().index, count_)) {
            ++count_;
            observer_.see(last_.with_info(*repeat));
            shown_.put(last_.info().index, *repeat);
            return true;
        }
    }
    if (next_ == in_.end()) {
        return close_at_end(next_);
    }
    if (out_.full()) {
        return false;
    }
    last_ = in_.at(next_++);
    count_ = 0;
    repeats_.forget_before(last_.info().index);
    observer_.see(last_);
    out_.push(last_);
    in_.release_before(next_);
    return true;
}

} // namespace oldfilm
