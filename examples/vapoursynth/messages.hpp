#pragma once
/// \file
/// Messages of stages and models, for VapourSynth's log.

#include <oldfilm/log.hpp>

#include <VapourSynth4.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace vsplugin {

/// Holds messages until a thread of VapourSynth passes them on. A handler of the log may need
/// Python's lock, which a thread that waits for the run to end may hold, so the run's threads must
/// not call it.
class Messages {
  public:
    /// A log that adds to `messages`.
    static oldfilm::Log log_of(const std::shared_ptr<Messages>& messages) {
        return [messages](oldfilm::LogLevel level, std::string_view text) {
            const std::lock_guard lock(messages->mutex_);
            messages->waiting_.emplace_back(level, text);
        };
    }

    void pass_on(VSCore* core, const VSAPI& api) {
        std::vector<std::pair<oldfilm::LogLevel, std::string>> waiting;
        {
            const std::lock_guard lock(mutex_);
            waiting.swap(waiting_);
        }
        for (const auto& [level, text] : waiting) {
            const VSMessageType type = level == oldfilm::LogLevel::warning ? mtWarning
                                       : level == oldfilm::LogLevel::info  ? mtInformation
                                                                           : mtDebug;
            api.logMessage(type, ("oldfilm: " + text).c_str(), core);
        }
    }

  private:
    std::mutex mutex_;
    std::vector<std::pair<oldfilm::LogLevel, std::string>> waiting_; ///< guarded
};

} // namespace vsplugin
