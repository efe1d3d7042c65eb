#pragma once
/// \file
/// A program's log as several threads may call it.

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace oldfilm::base {

/// `log` for any thread: copies of what this gives call it one at a time, all of them together.
/// What it throws ends there, since the caller may be a plugin's C function. Empty stays empty.
inline std::function<void(const std::string&)>
one_at_a_time(std::function<void(const std::string&)> log) {
    if (!log) {
        return {};
    }
    return [log = std::move(log), turn = std::make_shared<std::mutex>()](const std::string& line) {
        const std::scoped_lock lock(*turn);
        try {
            log(line);
        } catch (...) { // the line is lost to a log that can't take it, and nothing else
        }
    };
}

} // namespace oldfilm::base
