#include "values.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>

namespace cli {
namespace {

using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::Rational;

[[noreturn]] void refuse(const std::string& option, const char* expected,
                         const std::string& found) {
    throw Error(Errc::invalid_argument,
                fmt::format("{} must be {}, found \"{}\"", option, expected, found));
}

Rational number(const std::string& option, const char* expected, const std::string& text,
                const std::string& part) {
    try {
        return Rational::parse(part);
    } catch (const Error&) {
        refuse(option, expected, text);
    }
}

} // namespace

Rational parse_seconds(const std::string& option, const std::string& text) {
    constexpr const char* expected = "seconds, or hours:minutes:seconds, such as 90 or 0:01:30.5";
    Rational sum;
    std::size_t from = 0;
    for (int parts = 1;; ++parts) {
        const std::size_t colon = text.find(':', from);
        const std::string part = text.substr(from, colon - from);
        const Rational value = number(option, expected, text, part);
        if (value < Rational(0) || parts > 3) {
            refuse(option, expected, text);
        }
        sum = sum * Rational(60) + value;
        if (colon == std::string::npos) {
            return sum;
        }
        from = colon + 1;
    }
}

Rational parse_rate(const std::string& option, const std::string& text) {
    constexpr const char* expected =
        "frames a second above 0 and up to 1000, such as 16, 18.5 or 24000/1001";
    const Rational rate = number(option, expected, text, text);
    if (rate <= Rational(0) || rate > Rational(1000)) {
        refuse(option, expected, text);
    }
    return rate;
}

std::string parse_rate_or_factor(const std::string& option, const std::string& text) {
    if (!text.empty() && text.back() == 'x') {
        constexpr const char* expected = "a rate such as 24 or a factor above 0 such as 2x";
        const std::string factor = text.substr(0, text.size() - 1);
        if (number(option, expected, text, factor) <= Rational(0)) {
            refuse(option, expected, text);
        }
        return text;
    }
    parse_rate(option, text);
    return text;
}

std::int64_t parse_bytes(const std::string& option, const std::string& text) {
    constexpr const char* expected = "an amount of memory such as 800M or 1.5G";
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    double unit = 1;
    std::string suffix(end);
    for (char& letter : suffix) {
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    bool known = suffix.empty() || suffix == "B";
    for (const char letter : {'K', 'M', 'G', 'T'}) {
        unit *= 1024;
        if (suffix == std::string(1, letter) || suffix == std::string(1, letter) + "B" ||
            suffix == std::string(1, letter) + "IB") {
            known = true;
            break;
        }
    }
    if (suffix.empty() || suffix == "B") {
        unit = 1;
    }
    if (end == text.c_str() || !known || !(value > 0) || value * unit > 1e15) {
        refuse(option, expected, text);
    }
    return std::llround(value * unit);
}

} // namespace cli
