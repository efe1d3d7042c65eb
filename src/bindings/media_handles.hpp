#pragma once
/// \file
/// Readers as Python holds them.

#include "casts.hpp"
#include "guarded.hpp"

#include <oldfilm/media.hpp>

namespace oldfilm::bindings {

using ReaderHandle = Handle<Reader>;

/// Keyword arguments of `Reader`, which `restore` has too.
struct ReadArguments {
    std::optional<Rational> source_fps;
    Rational start;
    std::optional<Rational> duration;
    bool strict = false;
    std::string missing = "stop"; ///< "stop", "hold" or "black"

    /// Throws `Error` (invalid_argument) for an unknown `missing`.
    [[nodiscard]] ReadOptions options() const;
};

} // namespace oldfilm::bindings
