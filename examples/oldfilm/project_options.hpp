#pragma once
/// \file
/// The options of `oldfilm project`.

#include "arguments.hpp"

namespace CLI {
class App;
}

namespace cli {

/// Adds the subcommands; `a` is filled when CLI11 parses.
void add_project_options(CLI::App& app, ProjectArguments& a);

} // namespace cli
