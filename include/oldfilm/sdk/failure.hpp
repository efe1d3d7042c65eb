#pragma once
/// \file
/// How a stage reports that it cannot continue.

#include <oldfilm/plugin.h>

#include <stdexcept>
#include <string>

namespace oldfilm::sdk {

/// A message for the user: what was expected, what was found, what to do next. `status` is what the
/// C function returns, such as OLDFILM_INVALID.
struct Failure : std::runtime_error {
    explicit Failure(const std::string& sentence, int code = OLDFILM_FAILED)
        : std::runtime_error(sentence), status(code) {}
    int status;
};

} // namespace oldfilm::sdk
