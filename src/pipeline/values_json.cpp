#include "pipeline/values_json.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdint>

namespace oldfilm {

using nlohmann::json;

json values_json(const ParameterValues& values) {
    json object = json::object();
    for (const auto& [name, value] : values) {
        object[name] = std::visit([](const auto& v) { return json(v); }, value);
    }
    return object;
}

ParameterValue value_from(const json& value, const std::string& where) {
    if (value.is_boolean()) {
        return value.get<bool>();
    }
    // What is 2^63 or more would come out below 0.
    const bool fits = !value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX;
    if (value.is_number_integer() && fits) {
        return value.get<std::int64_t>();
    }
    if (value.is_number()) {
        return value.get<double>();
    }
    if (value.is_string()) {
        return value.get<std::string>();
    }
    throw Error(
        Errc::invalid_argument,
        fmt::format("{} must be true, false, a number or text, found {}", where, value.dump()));
}

} // namespace oldfilm
