#pragma once
/// \file
/// The version of these headers. `oldfilm::version()` is that of the library.

#define OLDFILM_VERSION_MAJOR 0
#define OLDFILM_VERSION_MINOR 1
#define OLDFILM_VERSION_PATCH 0

/// Versions as one number that can be compared:
/// `#if OLDFILM_VERSION >= OLDFILM_MAKE_VERSION(0, 2, 0)`.
#define OLDFILM_MAKE_VERSION(major, minor, patch) ((major)*1000000 + (minor)*1000 + (patch))
#define OLDFILM_VERSION                                                                            \
    OLDFILM_MAKE_VERSION(OLDFILM_VERSION_MAJOR, OLDFILM_VERSION_MINOR, OLDFILM_VERSION_PATCH)
