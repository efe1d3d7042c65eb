// Rates and times as a person writes them.
#include "fuzz.hpp"

#include <oldfilm/time.hpp>

#include <cstdlib>

void oldfilm::fuzz::parse(const std::string& text) {
    const Rational value = Rational::parse(text);
    if (Rational::parse(value.to_string()) != value) {
        std::abort();
    }
}
