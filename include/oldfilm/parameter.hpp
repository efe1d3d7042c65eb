#pragma once
/// \file
/// Parameters of stages: the parameter table, and values checked against it.

#include <oldfilm/export.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace oldfilm {

/// Type of a parameter.
enum class ParameterType : std::uint8_t { boolean, integer, number, text, choice, file };

/// A value from a user or a JSON document. Text is converted to the parameter's type.
using ParameterValue = std::variant<bool, std::int64_t, double, std::string>;
/// Values by name. Omitted parameters keep their initial value.
using ParameterValues = std::map<std::string, ParameterValue>;

/// One row of a stage's parameter table.
struct Parameter {
    std::string name;
    ParameterType type = ParameterType::number;
    ParameterValue initial;
    double minimum = 0, maximum = 0;  ///< inclusive; integers and numbers only
    std::vector<std::string> choices; ///< choices only
    std::string unit, help;
    bool live = false; ///< may change during a run
};

/// Returns `values` in the order and with the types of `table`; omitted ones have their initial
/// value. Throws `Error` (invalid_argument) with a sentence that names the stage, the parameter,
/// what was expected and what was found; also for a name that is not in the table.
OLDFILM_API std::vector<ParameterValue> check_parameters(const std::string& stage,
                                                         const std::vector<Parameter>& table,
                                                         const ParameterValues& values);

} // namespace oldfilm
