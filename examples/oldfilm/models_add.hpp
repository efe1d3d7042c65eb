#pragma once
/// \file
/// Installing a model.

#include "arguments.hpp"

namespace cli {

/// Fetches, verifies, converts, tries and installs. Throws `Error`; returns the exit status, having
/// said what the importer found wrong.
int add_model(const ModelsArguments& arguments);

} // namespace cli
