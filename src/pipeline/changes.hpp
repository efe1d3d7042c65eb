#pragma once
/// \file
/// New values for live parameters.

#include <oldfilm/parameter.hpp>
#include <oldfilm/plugins.hpp>
#include <oldfilm/time.hpp>

#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace oldfilm {

/// A stage's parameters while it works. Changes are announced from any thread, and merged when they
/// are due: in the order of time, and of the announcements where their time is the same. A time
/// that the stage has passed means its next frame. Overrides of a shot stand above all of them.
class Changes {
  public:
    /// New values by their place in the table.
    using Delta = std::map<std::size_t, ParameterValue>;

    explicit Changes(std::vector<ParameterValue> values) : values_(std::move(values)) {}
    void add(Rational from, Delta delta);
    /// From the next call of `due` on, these stand above the changes, instead of those before.
    void set_overrides(Delta overrides);
    /// For the stage that comes to `time`: all values, if any changes by then; nothing otherwise.
    std::optional<std::vector<ParameterValue>> due(Rational time);
    /// When the next change is that is not due yet.
    [[nodiscard]] std::optional<Rational> next() const;

  private:
    struct Change {
        Rational from;
        Delta delta;
    };
    mutable std::mutex mutex_;           ///< guards what follows
    std::vector<ParameterValue> values_; ///< without overrides
    Delta overrides_;
    bool overrides_changed_ = false;
    std::deque<Change> waiting_;   ///< by time
    std::optional<Rational> here_; ///< how far the stage has come
};

/// `values`, checked, of live parameters of a stage. Throws `Error` (invalid_argument).
[[nodiscard]] Changes::Delta live_delta(const PluginInfo& plugin, const ParameterValues& values);

} // namespace oldfilm
