#pragma once
/// \file
/// The options of `oldfilm ledger`.

#include "arguments.hpp"

namespace CLI {
class App;
}

namespace cli {

/// Adds the subcommands; `a` is filled when CLI11 parses.
void add_ledger_options(CLI::App& app, LedgerArguments& a);

} // namespace cli
