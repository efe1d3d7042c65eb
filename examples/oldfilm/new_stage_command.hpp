#pragma once
/// \file
/// A new stage plugin's project, written from the templates in share/oldfilm/templates.

#include "arguments.hpp"

namespace cli {

/// Writes the project `name` into the folder and says what to do next. Throws `oldfilm::Error`:
/// invalid_argument (the name, or a folder that is not empty), not_found (templates), io.
int new_stage(const NewStageArguments& arguments);

} // namespace cli
