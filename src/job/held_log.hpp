#pragma once
/// \file
/// Messages that wait until it is known whether they hold.

#include <oldfilm/log.hpp>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oldfilm::job {

/// Holds messages back until they are released; without that they are dropped. Thread-safe.
class HeldLog {
  public:
    explicit HeldLog(Log to) : state_(std::make_shared<State>(std::move(to))) {}
    /// The log to give messages to; it may outlive this.
    [[nodiscard]] Log log() const {
        return Log([state = state_](LogLevel level, std::string_view text) {
            {
                const std::lock_guard lock(state->mutex);
                if (state->is_held) {
                    state->waiting.emplace_back(level, text);
                    return;
                }
            }
            state->to(level, text);
        });
    }
    /// Passes on what waits, and from now on everything.
    void release() {
        std::vector<std::pair<LogLevel, std::string>> waiting;
        {
            const std::lock_guard lock(state_->mutex);
            state_->is_held = false;
            waiting.swap(state_->waiting);
        }
        for (const auto& [level, text] : waiting) {
            state_->to(level, text);
        }
    }

  private:
    struct State {
        explicit State(Log log) : to(std::move(log)) {}
        Log to;
        std::mutex mutex; ///< guards what follows
        bool is_held = true;
        std::vector<std::pair<LogLevel, std::string>> waiting;
    };
    std::shared_ptr<State> state_;
};

} // namespace oldfilm::job
