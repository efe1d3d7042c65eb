#pragma once
/// \file
/// Values as people write them on a command line. Each function throws `oldfilm::Error`
/// (invalid_argument) with a sentence that names the option.

#include <oldfilm/time.hpp>

#include <cstdint>
#include <string>

namespace cli {

/// "90", "1.5", "1:30" or "0:01:30.5", in seconds; not negative.
oldfilm::Rational parse_seconds(const std::string& option, const std::string& text);
/// "16", "18.5", "24000/1001"; above 0 and at most 1000.
oldfilm::Rational parse_rate(const std::string& option, const std::string& text);
/// A rate, or a factor such as "2x"; returned as written.
std::string parse_rate_or_factor(const std::string& option, const std::string& text);
/// "800M", "1.5G", "2GiB", in bytes; a plain number is in bytes too.
std::int64_t parse_bytes(const std::string& option, const std::string& text);

} // namespace cli
