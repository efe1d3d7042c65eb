#pragma once
/// \file
/// How far the workers of a plan are.

#include "cluster/shared_folder.hpp"

#include <oldfilm/cluster.hpp>

namespace oldfilm::cluster {

/// As `ClusterJob::status`.
[[nodiscard]] ClusterStatus status_of(const SharedFolder& folder);

} // namespace oldfilm::cluster
