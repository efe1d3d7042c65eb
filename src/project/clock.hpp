#pragma once
/// \file
/// When something was decided.

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <string>

namespace oldfilm::project {

/// UTC, ISO 8601.
inline std::string now() {
    const auto time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(time));
}

} // namespace oldfilm::project
