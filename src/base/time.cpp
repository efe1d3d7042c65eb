#include <oldfilm/error.hpp>
#include <oldfilm/time.hpp>

#include <fmt/format.h>

#include <charconv>
#include <limits>
#include <numeric>

namespace oldfilm {
namespace {

__extension__ using Wide = __int128; // what a product of two 64-bit numbers needs

Wide gcd(Wide a, Wide b) {
    if (a < 0) {
        a = -a;
    }
    while (b != 0) {
        const Wide rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

std::int64_t narrow(Wide value) {
    if (value > std::numeric_limits<std::int64_t>::max() ||
        value < std::numeric_limits<std::int64_t>::min()) {
        throw Error(
            Errc::invalid_argument,
            "a time or rate does not fit 64 bits after exact arithmetic; use a coarser one");
    }
    return static_cast<std::int64_t>(value);
}

Rational reduced(Wide num, Wide den) {
    if (den == 0) {
        throw Error(Errc::invalid_argument,
                    "a fraction has the denominator 0; give one such as 24000/1001");
    }
    if (den < 0) {
        num = -num;
        den = -den;
    }
    const Wide common = gcd(den, num < 0 ? -num : num);
    // Both parts are in lowest terms here, so the constructor finds nothing left to reduce.
    return {narrow(num / common), narrow(den / common)};
}

std::int64_t round_half_away(Wide num, Wide den) {
    const Wide twice = 2 * (num < 0 ? -num : num) + den;
    const Wide rounded = twice / (2 * den);
    return narrow(num < 0 ? -rounded : rounded);
}

std::int64_t parse_integer(std::string_view text, std::string_view whole) {
    std::int64_t value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc() || end != text.data() + text.size()) {
        throw Error(
            Errc::invalid_argument,
            fmt::format("expected a number or a fraction such as 24000/1001, found \"{}\"", whole));
    }
    return value;
}

} // namespace

Rational::Rational(std::int64_t num, std::int64_t den) {
    if (den == 1) {
        num_ = num;
        return;
    }
    if (den == 0) {
        throw Error(Errc::invalid_argument,
                    "a fraction has the denominator 0; give one such as 24000/1001");
    }
    const Wide common = gcd(den, num);
    const Wide sign = den < 0 ? -1 : 1;
    const Wide divisor = common < 0 ? -common : common;
    num_ = narrow(sign * num / divisor);
    den_ = narrow(sign * den / divisor);
}

std::int64_t Rational::floor() const noexcept {
    const std::int64_t quotient = num_ / den_;
    return num_ % den_ < 0 ? quotient - 1 : quotient;
}

std::int64_t Rational::ceil() const noexcept {
    const std::int64_t quotient = num_ / den_;
    return num_ % den_ > 0 ? quotient + 1 : quotient;
}

std::int64_t Rational::round() const {
    return round_half_away(num_, den_);
}

std::string Rational::to_string() const {
    return den_ == 1 ? fmt::format("{}", num_) : fmt::format("{}/{}", num_, den_);
}

Rational Rational::parse(std::string_view text) {
    // What people write for NTSC rates, which are n * 1000/1001 and not the decimal itself.
    if (text == "23.976" || text == "23.98") {
        return {24000, 1001};
    }
    if (text == "29.97") {
        return {30000, 1001};
    }
    if (text == "59.94") {
        return {60000, 1001};
    }
    if (const auto slash = text.find('/'); slash != std::string_view::npos) {
        return {parse_integer(text.substr(0, slash), text),
                parse_integer(text.substr(slash + 1), text)};
    }
    const auto point = text.find('.');
    if (point == std::string_view::npos) {
        return {parse_integer(text, text)};
    }
    const std::string_view decimals = text.substr(point + 1);
    if (decimals.empty() || decimals.size() > 9 ||
        decimals.find_first_not_of("0123456789") != std::string_view::npos) {
        parse_integer("", text);
    }
    std::int64_t scale = 1;
    for (std::size_t i = 0; i < decimals.size(); ++i) {
        scale *= 10;
    }
    const std::string_view before = text.substr(0, point);
    const bool negative = before.starts_with('-');
    const Rational whole(before.empty() ? 0 : parse_integer(before, text));
    const Rational part(parse_integer(decimals, text), scale);
    return negative ? whole - part : whole + part;
}

Rational operator+(Rational a, Rational b) {
    return reduced(Wide(a.num_) * b.den_ + Wide(b.num_) * a.den_, Wide(a.den_) * b.den_);
}
Rational operator-(Rational a, Rational b) {
    return reduced(Wide(a.num_) * b.den_ - Wide(b.num_) * a.den_, Wide(a.den_) * b.den_);
}
Rational operator*(Rational a, Rational b) {
    return reduced(Wide(a.num_) * b.num_, Wide(a.den_) * b.den_);
}
Rational operator/(Rational a, Rational b) {
    return reduced(Wide(a.num_) * b.den_, Wide(a.den_) * b.num_);
}
std::strong_ordering operator<=>(const Rational& a, const Rational& b) noexcept {
    const Wide left = Wide(a.num_) * b.den_;
    const Wide right = Wide(b.num_) * a.den_;
    return left < right   ? std::strong_ordering::less
           : left > right ? std::strong_ordering::greater
                          : std::strong_ordering::equal;
}

std::int64_t rescale(std::int64_t pts, Rational from, Rational to) {
    return (Rational(pts) * from / to).round();
}

} // namespace oldfilm
