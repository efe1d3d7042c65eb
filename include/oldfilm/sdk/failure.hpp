#pragma once
/// \file
/// How a stage reports that it cannot continue.

#include <oldfilm/sdk/enums.hpp>

#include <stdexcept>
#include <string>

namespace oldfilm::sdk {

/// A message for the user: what was expected, what was found, what to do next. `Status::invalid` is
/// for parameters and formats that the stage does not support.
struct Failure : std::runtime_error {
    explicit Failure(const std::string& sentence, Status code = Status::failed)
        : std::runtime_error(sentence), status(code) {}
    Status status;
};

} // namespace oldfilm::sdk
