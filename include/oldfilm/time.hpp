#pragma once
/// \file
/// Exact time: rational numbers and conversion between time bases. Nothing is rounded implicitly.

#include <oldfilm/export.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace oldfilm {

/// A fraction in lowest terms with a positive denominator; 0/1 by default. Arithmetic is exact;
/// throws `Error` (invalid_argument) if a result does not fit into 64 bits, or on division by 0.
class OLDFILM_API Rational {
  public:
    constexpr Rational() = default;
    /// Reduces the fraction. Throws `Error` (invalid_argument) if `den` is 0.
    Rational(std::int64_t num, std::int64_t den = 1);

    [[nodiscard]] constexpr std::int64_t num() const noexcept { return num_; }
    [[nodiscard]] constexpr std::int64_t den() const noexcept { return den_; }
    [[nodiscard]] double value() const noexcept {
        return static_cast<double>(num_) / static_cast<double>(den_);
    }
    [[nodiscard]] Rational inverse() const { return {den_, num_}; }
    [[nodiscard]] std::int64_t floor() const noexcept;
    [[nodiscard]] std::int64_t ceil() const noexcept;
    /// The nearest integer, halves away from zero.
    [[nodiscard]] std::int64_t round() const;
    /// "16", "15/4", "24000/1001".
    [[nodiscard]] std::string to_string() const;
    /// Parses "16", "15/4", "24000/1001", or a decimal of up to nine places: 2.5 is 5/2. The common
    /// names of NTSC rates, "23.976", "23.98", "29.97" and "59.94", become 24000/1001, 30000/1001
    /// and 60000/1001. Throws `Error` (invalid_argument) for anything else.
    static Rational parse(std::string_view text);

    OLDFILM_API friend Rational operator+(Rational a, Rational b);
    OLDFILM_API friend Rational operator-(Rational a, Rational b);
    OLDFILM_API friend Rational operator*(Rational a, Rational b);
    OLDFILM_API friend Rational operator/(Rational a, Rational b);
    friend bool operator==(const Rational&, const Rational&) = default;
    OLDFILM_API friend std::strong_ordering operator<=>(const Rational& a,
                                                        const Rational& b) noexcept;

  private:
    std::int64_t num_ = 0;
    std::int64_t den_ = 1;
};

/// Converts `pts` from ticks of `from` to ticks of `to`, rounding to nearest (halves away from
/// zero).
OLDFILM_API std::int64_t rescale(std::int64_t pts, Rational from, Rational to);

} // namespace oldfilm
