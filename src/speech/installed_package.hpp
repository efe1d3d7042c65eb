#pragma once
/// \file
/// Where model packages lie.

#include <string>

namespace oldfilm::speech {

/// The path of an installed package (OLDFILM_MODEL_PATH, the user's folder), or `name` itself if it
/// is a file; empty if there is none. Thread-safe.
std::string installed_package(const std::string& name);

} // namespace oldfilm::speech
