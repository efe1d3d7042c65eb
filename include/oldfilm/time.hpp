#pragma once
/// \file
/// Exact time: rational numbers and conversions between time bases. Nothing here rounds silently.

#include <oldfilm/export.hpp>

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace oldfilm {

/// A fraction in lowest terms with a positive denominator. 0/1 when default constructed.
/// Arithmetic is exact; a result that does not fit 64 bits throws `Error` (invalid_argument).
class OLDFILM_API Rational {
  public:
    constexpr Rational() = default;
    /// `den` must not be 0. Reduces.
    Rational(std::int64_t num, std::int64_t den = 1);

    [[nodiscard]] constexpr std::int64_t num() const noexcept { return num_; }
    [[nodiscard]] constexpr std::int64_t den() const noexcept { return den_; }
    [[nodiscard]] double value() const noexcept {
        return static_cast<double>(num_) / static_cast<double>(den_);
    }
    [[nodiscard]] Rational inverse() const { return {den_, num_}; }
    [[nodiscard]] std::int64_t floor() const noexcept;
    [[nodiscard]] std::int64_t ceil() const noexcept;
    /// Nearest integer, halves away from zero.
    [[nodiscard]] std::int64_t round() const;
    /// "16", "15/4", "24000/1001".
    [[nodiscard]] std::string to_string() const;
    /// Reads "16", "15/4", "24000/1001" or a decimal such as "23.976" (taken literally as 2997/125,
    /// except that the decimals in common use for n*1000/1001 become those fractions).
    /// Throws `Error` (invalid_argument) for anything else.
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

/// `pts` ticks of `from`, in ticks of `to`, rounded to nearest (halves away from zero).
OLDFILM_API std::int64_t rescale(std::int64_t pts, Rational from, Rational to);

} // namespace oldfilm
