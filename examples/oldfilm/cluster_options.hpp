#pragma once
/// \file
/// The options of the commands that distribute a film over machines.

#include "arguments.hpp"
#include "restore_options.hpp"

#include <string>

namespace CLI {
class App;
}

namespace cli {

/// Adds plan-job, work, finish, submit and status to the program.
void add_cluster_options(CLI::App& program, ClusterArguments& a, RestoreTexts& t);
/// Whether a command is one of them.
[[nodiscard]] bool is_cluster_command(const std::string& name);

} // namespace cli
