#include "rate.hpp"

#include <oldfilm/stage.hpp>

#include <array>
#include <charconv>
#include <cstdint>
#include <numeric>
#include <optional>
#include <string_view>

namespace oldfilm::stages {
namespace {

constexpr std::int64_t most_fps = 1000;

[[noreturn]] void refuse(const std::string& text, const std::string& why) {
    throw sdk::Failure("fps is \"" + text + "\": " + why +
                           "; give a number (60), a fraction (24000/1001) or a factor (2x)",
                       sdk::Status::invalid);
}

oldfilm_rational reduced(std::int64_t num, std::int64_t den) {
    const std::int64_t common = std::gcd(num, den);
    return {num / common, den / common};
}

std::optional<std::int64_t> whole(std::string_view digits) {
    std::int64_t value = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, value);
    if (digits.empty() || digits.front() == '-' || error != std::errc() || stop != end ||
        value > 1'000'000'000) {
        return std::nullopt;
    }
    return value;
}

/// "24000/1001", "60" or "2.5", greater than 0.
std::optional<oldfilm_rational> fraction(std::string_view text) {
    if (const auto slash = text.find('/'); slash != std::string_view::npos) {
        const auto num = whole(text.substr(0, slash));
        const auto den = whole(text.substr(slash + 1));
        if (!num || !den || *num == 0 || *den == 0) {
            return std::nullopt;
        }
        return reduced(*num, *den);
    }
    const auto point = text.find('.');
    const auto before = whole(text.substr(0, point));
    if (point == std::string_view::npos) {
        return before && *before > 0 ? std::optional(oldfilm_rational{*before, 1}) : std::nullopt;
    }
    const std::string_view decimals = text.substr(point + 1);
    const auto after = whole(decimals);
    if (!before || !after || decimals.size() > 6) {
        return std::nullopt;
    }
    std::int64_t den = 1;
    for (std::size_t i = 0; i < decimals.size(); ++i) {
        den *= 10;
    }
    const std::int64_t num = *before * den + *after;
    return num > 0 ? std::optional(reduced(num, den)) : std::nullopt;
}

/// The decimals in common use for n * 1000 / 1001.
std::optional<oldfilm_rational> broadcast_rate(std::string_view text) {
    struct Name {
        std::string_view decimal;
        std::int64_t thousands;
    };
    static constexpr std::array<Name, 9> names{{{"23.976", 24},
                                                {"23.98", 24},
                                                {"29.97", 30},
                                                {"47.952", 48},
                                                {"47.95", 48},
                                                {"59.94", 60},
                                                {"59.940", 60},
                                                {"119.88", 120},
                                                {"119.880", 120}}};
    for (const Name& name : names) {
        if (name.decimal == text) {
            return reduced(name.thousands * 1000, 1001);
        }
    }
    return std::nullopt;
}

} // namespace

oldfilm_rational target_rate(const std::string& text, oldfilm_rational input) {
    if (const auto named = broadcast_rate(text)) {
        return *named;
    }
    const bool is_factor = !text.empty() && (text.back() == 'x' || text.back() == 'X');
    const auto value =
        fraction(std::string_view(text).substr(0, text.size() - (is_factor ? 1 : 0)));
    if (!value) {
        refuse(text, "not a rate");
    }
    oldfilm_rational rate = *value;
    if (is_factor) {
        if (input.num <= 0) {
            throw sdk::Failure(
                "fps is \"" + text +
                    "\", a factor, but the input's frame rate is not known or not constant; "
                    "give the rate itself, such as fps=48",
                sdk::Status::invalid);
        }
        const std::int64_t a = std::gcd(rate.num, input.den);
        const std::int64_t b = std::gcd(input.num, rate.den);
        if (__builtin_mul_overflow(rate.num / a, input.num / b, &rate.num) ||
            __builtin_mul_overflow(value->den / b, input.den / a, &rate.den)) {
            refuse(text, "the product with the input's rate is no usable fraction");
        }
    }
    if (rate.num / rate.den >= most_fps) {
        refuse(text, "more than " + std::to_string(most_fps) + " frames a second");
    }
    return rate;
}

} // namespace oldfilm::stages
