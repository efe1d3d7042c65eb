#pragma once
/// \file
/// Logs for tests.

#include <oldfilm/log.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace oldfilm::test {

/// A log that appends the texts of messages of `least` or above to `to`, which outlives it.
inline Log collect(std::vector<std::string>& to, LogLevel least = LogLevel::info) {
    return [&to, least](LogLevel level, std::string_view text) {
        if (level >= least) {
            to.emplace_back(text);
        }
    };
}

/// The same, a line each.
inline Log collect(std::string& to, LogLevel least = LogLevel::info) {
    return [&to, least](LogLevel level, std::string_view text) {
        if (level >= least) {
            to.append(text).append("\n");
        }
    };
}

} // namespace oldfilm::test
