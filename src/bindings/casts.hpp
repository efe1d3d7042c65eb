#pragma once
/// \file
/// Conversions of nanobind for types of the public headers.

#include <oldfilm/error.hpp>
#include <oldfilm/log.hpp>
#include <oldfilm/time.hpp>

#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/function.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace oldfilm::bindings {

namespace nb = nanobind;

/// A callable (level, text) of a program.
using LogFunction = std::function<void(const std::string&, const std::string&)>;

/// The log that calls `function`, or, if it is empty, the logger "oldfilm" of Python's `logging`.
/// Call it with the GIL held.
Log log_to(LogFunction function);

/// A rational number from an int, a Fraction, a float or text; throws `Error` (invalid_argument).
Rational rational_from(nb::handle value);

} // namespace oldfilm::bindings

/// `Rational` is `fractions.Fraction` in Python; ints, floats and text such as "24000/1001" are
/// accepted as well.
template <>
struct nanobind::detail::type_caster<oldfilm::Rational> {
    NB_TYPE_CASTER(oldfilm::Rational, const_name("fractions.Fraction"))

    bool from_python(handle src, std::uint32_t /*flags*/, cleanup_list* /*cleanup*/) noexcept {
        try {
            value = oldfilm::bindings::rational_from(src);
            return true;
        } catch (const std::exception&) {
            PyErr_Clear();
            return false;
        }
    }
    static handle from_cpp(const oldfilm::Rational& value, rv_policy /*policy*/,
                           cleanup_list* /*cleanup*/) noexcept {
        try {
            return module_::import_("fractions")
                .attr("Fraction")(value.num(), value.den())
                .release();
        } catch (python_error& error) {
            error.restore();
            return {};
        }
    }
};
