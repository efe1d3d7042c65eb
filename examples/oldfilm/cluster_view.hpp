#pragma once
/// \file
/// How far the workers of a film are, for people and programs.

#include <oldfilm/cluster.hpp>

namespace cli {

void print_status(const oldfilm::ClusterJob& job, bool as_json);

} // namespace cli
