#pragma once
/// \file
/// Which items a worker takes, in which order.

#include "cluster/shared_folder.hpp"

#include <oldfilm/cluster.hpp>

namespace oldfilm::cluster {

/// As `ClusterJob::work`.
[[nodiscard]] ClusterWorkResult work(const SharedFolder& folder, const ClusterWorkOptions& options);

} // namespace oldfilm::cluster
