#include <oldfilm/error.hpp>
#include <oldfilm/parameter.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace oldfilm {
namespace {

struct Place {
    const std::string& stage;
    const Parameter& parameter;
};

[[noreturn]] void refuse(const Place& at, const std::string& expected, const std::string& found) {
    throw Error(Errc::invalid_argument,
                fmt::format("stage {}: parameter \"{}\" must be {}, found {}; {}", at.stage,
                            at.parameter.name, expected, found, at.parameter.help));
}

std::string shown(const ParameterValue& value) {
    struct Visitor {
        std::string operator()(bool v) const { return v ? "true" : "false"; }
        std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
        std::string operator()(double v) const { return fmt::format("{}", v); }
        std::string operator()(const std::string& v) const { return fmt::format("\"{}\"", v); }
    };
    return std::visit(Visitor{}, value);
}

std::optional<double> number_in(const std::string& text) {
    double value = 0;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (status != std::errc() || end != text.data() + text.size()) {
        return std::nullopt;
    }
    return value;
}

std::optional<double> as_number(const ParameterValue& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        return static_cast<double>(*integer);
    }
    if (const auto* real = std::get_if<double>(&value)) {
        return *real;
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        return number_in(*text);
    }
    return std::nullopt;
}

bool checked_flag(const Place& at, const ParameterValue& value) {
    if (const auto* flag = std::get_if<bool>(&value)) {
        return *flag;
    }
    if (const auto number = as_number(value); number == 1.0 || number == 0.0) {
        return number == 1.0;
    }
    if (const auto* text = std::get_if<std::string>(&value)) {
        if (*text == "true" || *text == "yes" || *text == "on") {
            return true;
        }
        if (*text == "false" || *text == "no" || *text == "off") {
            return false;
        }
    }
    refuse(at, "true or false", shown(value));
}

double checked_number(const Place& at, const ParameterValue& value, const char* kind) {
    const Parameter& p = at.parameter;
    const std::string expected = fmt::format("{} from {} to {}{}{}", kind, p.minimum, p.maximum,
                                             p.unit.empty() ? "" : " ", p.unit);
    const std::optional<double> number = as_number(value);
    // The comparison is written so that NaN fails it.
    if (!number || !(*number >= p.minimum && *number <= p.maximum)) {
        refuse(at, expected, shown(value));
    }
    return *number;
}

std::int64_t checked_integer(const Place& at, const ParameterValue& value) {
    const double number = checked_number(at, value, "a whole number");
    if (std::floor(number) != number) {
        refuse(at, "a whole number", shown(value));
    }
    return static_cast<std::int64_t>(number);
}

std::string checked_text(const Place& at, const ParameterValue& value) {
    const Parameter& p = at.parameter;
    std::string text;
    if (const auto* given = std::get_if<std::string>(&value)) {
        text = *given;
    } else if (std::holds_alternative<bool>(value)) {
        refuse(at, "text", shown(value));
    } else {
        text = shown(value); // fps: 24 is as good as fps: "24"
    }
    if (p.type == ParameterType::choice &&
        std::find(p.choices.begin(), p.choices.end(), text) == p.choices.end()) {
        refuse(at, fmt::format("one of {}", fmt::join(p.choices, ", ")), shown(value));
    }
    return text;
}

ParameterValue checked(const Place& at, const ParameterValue& value) {
    switch (at.parameter.type) {
    case ParameterType::boolean:
        return checked_flag(at, value);
    case ParameterType::integer:
        return checked_integer(at, value);
    case ParameterType::number:
        return checked_number(at, value, "a number");
    default:
        return checked_text(at, value);
    }
}

} // namespace

std::vector<ParameterValue> check_parameters(const std::string& stage,
                                             const std::vector<Parameter>& table,
                                             const ParameterValues& values) {
    for (const auto& [name, value] : values) {
        const bool known =
            std::any_of(table.begin(), table.end(),
                        [&name = name](const Parameter& row) { return row.name == name; });
        if (!known) {
            std::vector<std::string> names;
            for (const Parameter& row : table) {
                names.push_back(row.name);
            }
            throw Error(
                Errc::invalid_argument,
                fmt::format("stage {} has no parameter \"{}\"; it has {}", stage, name,
                            names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
        }
    }
    std::vector<ParameterValue> result;
    for (const Parameter& row : table) {
        const auto given = values.find(row.name);
        result.push_back(given == values.end() ? row.initial
                                               : checked({stage, row}, given->second));
    }
    return result;
}

} // namespace oldfilm
