#pragma once
/// \file
/// The rows of a stage's parameter table.

#include <oldfilm/plugin.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace oldfilm::sdk {

/// A row of the parameter table. Create rows with `flag`, `integer`, `number`, `text`, `choice` and
/// `file`.
struct Parameter {
    std::string name;
    int type = OLDFILM_NUMBER;
    bool is_live = false;
    std::int64_t integer = 0;
    double real = 0;
    std::string initial_text;
    double minimum = 0, maximum = 0;
    std::vector<std::string> choices;
    std::string unit, help;
    friend bool operator==(const Parameter&, const Parameter&) = default;
    /// Marks the parameter as live: it may change during a run.
    [[nodiscard]] Parameter live() && {
        is_live = true;
        return std::move(*this);
    }
};

/// A Boolean.
inline Parameter flag(std::string name, bool initial, std::string help) {
    Parameter p;
    p.name = std::move(name);
    p.type = OLDFILM_BOOLEAN;
    p.integer = initial ? 1 : 0;
    p.maximum = 1;
    p.help = std::move(help);
    return p;
}
/// An integer from `minimum` to `maximum`, inclusive.
inline Parameter integer(std::string name, std::int64_t initial, std::int64_t minimum,
                         std::int64_t maximum, std::string help, std::string unit = "") {
    Parameter p;
    p.name = std::move(name);
    p.type = OLDFILM_INTEGER;
    p.integer = initial;
    p.minimum = static_cast<double>(minimum);
    p.maximum = static_cast<double>(maximum);
    p.help = std::move(help);
    p.unit = std::move(unit);
    return p;
}
/// A number from `minimum` to `maximum`, inclusive.
inline Parameter number(std::string name, double initial, double minimum, double maximum,
                        std::string help, std::string unit = "") {
    Parameter p;
    p.name = std::move(name);
    p.type = OLDFILM_NUMBER;
    p.real = initial;
    p.minimum = minimum;
    p.maximum = maximum;
    p.help = std::move(help);
    p.unit = std::move(unit);
    return p;
}
/// Any text.
inline Parameter text(std::string name, std::string initial, std::string help) {
    Parameter p;
    p.name = std::move(name);
    p.type = OLDFILM_TEXT;
    p.initial_text = std::move(initial);
    p.help = std::move(help);
    return p;
}
/// A path; empty for none.
inline Parameter file(std::string name, std::string initial, std::string help) {
    Parameter p = text(std::move(name), std::move(initial), std::move(help));
    p.type = OLDFILM_FILE;
    return p;
}
/// One of `choices`.
inline Parameter choice(std::string name, std::string initial, std::vector<std::string> choices,
                        std::string help) {
    Parameter p = text(std::move(name), std::move(initial), std::move(help));
    p.type = OLDFILM_CHOICE;
    p.choices = std::move(choices);
    return p;
}

} // namespace oldfilm::sdk
