#include "stage/c_values.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace oldfilm::stage {

oldfilm_color color_of(const ColorTags& tags) {
    return {tags.primaries,
            tags.transfer,
            tags.matrix,
            static_cast<std::uint8_t>(tags.range),
            static_cast<std::uint8_t>(tags.siting),
            {0, 0, 0}};
}

oldfilm_rational rational_of(const Rational& value) {
    return {value.num(), value.den()};
}

oldfilm_format format_of(const StreamFormat& format) {
    oldfilm_format result{};
    result.channels = format.channels;
    result.device_type = OLDFILM_CPU;
    result.height = format.height;
    result.width = format.width;
    result.rate = rational_of(format.rate);
    result.color = color_of(format.color);
    return result;
}

std::vector<oldfilm_value> values_of(const std::vector<ParameterValue>& values) {
    std::vector<oldfilm_value> result;
    for (const ParameterValue& value : values) {
        oldfilm_value c{0, 0, ""};
        if (const auto* flag = std::get_if<bool>(&value)) {
            c.integer = *flag ? 1 : 0;
        } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
            c.integer = *integer;
        } else if (const auto* number = std::get_if<double>(&value)) {
            c.number = *number;
        } else {
            c.text = std::get<std::string>(value).c_str();
        }
        result.push_back(c);
    }
    return result;
}

} // namespace oldfilm::stage
