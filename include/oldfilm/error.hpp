#pragma once
/// \file
/// The library's exception type.

#include <oldfilm/export.hpp>

#include <stdexcept>
#include <string>

namespace oldfilm {

/// Category of an error, for programs to act on. `Error::what()` gives the details.
enum class Errc {
    invalid_argument, ///< an argument is out of range, of the wrong type or unknown
    not_found,        ///< a file, stage, preset or model does not exist
    unreadable,       ///< a file is damaged, or not of the expected kind
    unsupported,      ///< valid, but not supported by this build, container or format
    incompatible,    ///< a plugin, model or checkpoint does not match; the message gives the reason
    format_mismatch, ///< a frame or tensor has a different shape, type or size than expected
    out_of_memory,   ///< the memory limit or the machine's memory is too small
    io,              ///< writing failed: disk full, read-only folder, broken pipe
    stage_failed,    ///< a stage reported an error or violated its contract
    cancelled,       ///< canceled by the caller
    internal,        ///< a bug in this library
};

/// Name of a code as used in logs and JSON, such as "not_found"; a static string.
OLDFILM_API const char* to_string(Errc code) noexcept;

/// The library's only exception type. `what()` is one sentence: what was expected, what was found,
/// what to do next.
class OLDFILM_API Error : public std::runtime_error {
  public:
    Error(Errc code, const std::string& sentence) : std::runtime_error(sentence), code_(code) {}
    [[nodiscard]] Errc code() const noexcept { return code_; }

  private:
    Errc code_;
};

} // namespace oldfilm
