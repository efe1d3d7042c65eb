#pragma once
/// \file
/// Values of parameters in documents.

#include <oldfilm/parameter.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace oldfilm {

[[nodiscard]] nlohmann::json values_json(const ParameterValues& values);

/// Throws `Error` (invalid_argument) unless `value`, that of `where`, is a Boolean, a number or
/// text.
[[nodiscard]] ParameterValue value_from(const nlohmann::json& value, const std::string& where);

} // namespace oldfilm
