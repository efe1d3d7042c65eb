#pragma once
/// \file
/// The one exception type of the library.

#include <oldfilm/export.hpp>

#include <stdexcept>
#include <string>

namespace oldfilm {

/// What went wrong, coarse enough to act on. The sentence in `Error::what()` says the rest.
enum class Errc {
    invalid_argument, ///< a value that the caller gave is out of range or of the wrong type
    not_found,        ///< a file, stage, parameter or model of that name does not exist
    unreadable,       ///< a file exists, but is not what it should be, or is damaged
    unsupported,      ///< understood, but this build, container or format cannot do it
    incompatible,     ///< a plugin or model that does not fit this library, with the reason
    format_mismatch,  ///< a frame or tensor of another shape, type or size than was agreed
    out_of_memory,    ///< the memory budget or the machine is too small for the work
    io,               ///< writing failed: full disk, read-only folder, broken pipe
    stage_failed,     ///< a stage reported an error, or broke its contract
    cancelled,        ///< the caller asked for the end
    internal,         ///< a defect of this library
};

/// The name of a code as written in logs and JSON, for example "not_found".
OLDFILM_API const char* to_string(Errc code) noexcept;

/// The library's only exception. `what()` is one sentence in the order: what was expected, what was
/// found, what to do next.
class OLDFILM_API Error : public std::runtime_error {
  public:
    Error(Errc code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
    [[nodiscard]] Errc code() const noexcept { return code_; }

  private:
    Errc code_;
};

} // namespace oldfilm
