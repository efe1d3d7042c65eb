#pragma once
/// \file
/// Parameters of stages: what a table says, and values that were checked against it.

#include <oldfilm/export.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace oldfilm {

/// What kind of value a parameter takes.
enum class ParameterType : std::uint8_t { boolean, integer, number, text, choice, file };

/// A value as a person or a JSON document gives it. Text is converted to the parameter's type.
using ParameterValue = std::variant<bool, std::int64_t, double, std::string>;
/// Values by name; parameters that are not named keep their initial value.
using ParameterValues = std::map<std::string, ParameterValue>;

/// One row of a stage's parameter table.
struct Parameter {
    std::string name;
    ParameterType type = ParameterType::number;
    ParameterValue initial;
    double minimum = 0, maximum = 0; ///< of integers and numbers, inclusive
    std::vector<std::string> choices;
    std::string unit, help;
    bool live = false; ///< may change while running
};

/// `values` in the order and with the types of `table`; what is not given takes its initial value.
/// Throws `Error` (invalid_argument or not_found) with a sentence that names the stage, the
/// parameter, what was expected and what was found.
OLDFILM_API std::vector<ParameterValue> check_parameters(const std::string& stage,
                                                         const std::vector<Parameter>& table,
                                                         const ParameterValues& values);

} // namespace oldfilm
