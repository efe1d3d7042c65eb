#pragma once
/// \file
/// The conformance suite for stage plugins, each plugin in a process of its own.

#include "arguments.hpp"

namespace cli {

/// Runs the suite in a child process, which is begun again after a crash or a hang, and says what
/// was found, errors included. Returns the exit status: 0 when nothing failed.
int check_plugin(const CheckPluginArguments& arguments);

} // namespace cli
