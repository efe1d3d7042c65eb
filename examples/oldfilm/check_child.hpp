#pragma once
/// \file
/// The process that a plugin is checked in, seen from both of its ends.

#include "arguments.hpp"

#include <oldfilm/check.hpp>

#include <functional>
#include <vector>

namespace cli {

/// The child's end: runs the suite, and writes a line of JSON before and after each check to the
/// file descriptor `arguments.report`. Returns the exit status.
int run_checks_here(const CheckPluginArguments& arguments);

/// The parent's end: begins a child with `arguments`, and again after each crash or hang, until
/// every check was made. `told` hears each result in order. Throws `oldfilm::Error` when no child
/// can be begun.
std::vector<oldfilm::CheckResult>
run_checks_in_children(const CheckPluginArguments& arguments,
                       const std::function<void(const oldfilm::CheckResult&)>& told);

} // namespace cli
