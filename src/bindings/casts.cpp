#include "casts.hpp"

namespace oldfilm::bindings {
namespace {

const char* name_of(LogLevel level) {
    switch (level) {
    case LogLevel::debug:
        return "debug";
    case LogLevel::info:
        return "info";
    case LogLevel::warning:
        break;
    }
    return "warning";
}

} // namespace

Log log_to(LogFunction function) {
    if (!function) {
        function =
            nb::cast<LogFunction>(nb::module_::import_("oldfilm._logging").attr("to_logger"));
    }
    return [function = std::move(function)](LogLevel level, std::string_view text) {
        function(name_of(level), std::string(text));
    };
}

Rational rational_from(nb::handle value) {
    if (nb::isinstance<nb::str>(value)) {
        return Rational::parse(nb::cast<std::string>(value));
    }
    if (nb::isinstance<nb::float_>(value)) {
        return Rational::parse(nb::cast<std::string>(nb::repr(value)));
    }
    return {nb::cast<std::int64_t>(value.attr("numerator")),
            nb::cast<std::int64_t>(value.attr("denominator"))};
}

} // namespace oldfilm::bindings
