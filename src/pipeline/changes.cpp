#include "pipeline/changes.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

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

void Changes::set_overrides(Delta overrides) {
    const std::lock_guard lock(mutex_);
    overrides_changed_ = overrides_changed_ || overrides != overrides_;
    overrides_ = std::move(overrides);
}

std::optional<std::vector<ParameterValue>> Changes::due(Rational time) {
    const std::lock_guard lock(mutex_);
    here_ = time;
    bool changed = std::exchange(overrides_changed_, false);
    for (; !waiting_.empty() && waiting_.front().from <= time; waiting_.pop_front()) {
        for (auto& [place, value] : waiting_.front().delta) {
            values_[place] = std::move(value);
        }
        changed = true;
    }
    if (!changed) {
        return std::nullopt;
    }
    std::vector<ParameterValue> values = values_;
    for (const auto& [place, value] : overrides_) {
        values[place] = value;
    }
    return values;
}

std::optional<Rational> Changes::next() const {
    const std::lock_guard lock(mutex_);
    return waiting_.empty() ? std::nullopt : std::optional(waiting_.front().from);
}

Changes::Delta live_delta(const PluginInfo& plugin, const ParameterValues& values) {
    const std::vector<Parameter>& table = plugin.parameters;
    const std::vector<ParameterValue> checked = check_parameters(plugin.name, table, values);
    Changes::Delta delta;
    for (std::size_t i = 0; i < table.size(); ++i) {
        if (!values.contains(table[i].name)) {
            continue;
        }
        if (!table[i].live) {
            throw Error(Errc::invalid_argument,
                        fmt::format("stage {}: parameter \"{}\" is not live, so that it may not "
                                    "change while running; set it for the whole film",
                                    plugin.name, table[i].name));
        }
        delta[i] = checked[i];
    }
    return delta;
}

} // namespace oldfilm
