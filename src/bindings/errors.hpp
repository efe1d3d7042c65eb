#pragma once
/// \file
/// Exceptions between Python and C++.

#include <nanobind/nanobind.h>

#include <string>

namespace oldfilm::bindings {

/// From now on `oldfilm::Error` is raised as `oldfilm.Error`, with its code.
void translate_errors();

/// One sentence about an exception of Python: its class, its text and the line that raised it. Call
/// it with the GIL held.
std::string described(const nanobind::python_error& error);

} // namespace oldfilm::bindings
