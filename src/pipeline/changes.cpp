#include "pipeline/changes.hpp"

#include <algorithm>

namespace oldfilm {

void Changes::add(Rational from, Delta delta) {
    const std::lock_guard lock(mutex_);
    if (here_) {
        from = std::max(from, *here_);
    }
    const auto after = std::upper_bound(
        waiting_.begin(), waiting_.end(), from,
        [](const Rational& time, const Change& change) { return time < change.from; });
    waiting_.insert(after, {from, std::move(delta)});
}

std::optional<std::vector<ParameterValue>> Changes::due(Rational time) {
    const std::lock_guard lock(mutex_);
    here_ = time;
    bool changed = false;
    for (; !waiting_.empty() && waiting_.front().from <= time; waiting_.pop_front()) {
        for (auto& [place, value] : waiting_.front().delta) {
            values_[place] = std::move(value);
        }
        changed = true;
    }
    return changed ? std::optional(values_) : std::nullopt;
}

std::optional<Rational> Changes::next() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty() ? std::nullopt : std::optional(waiting_.front().from);
}

} // namespace oldfilm
