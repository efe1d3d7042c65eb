#pragma once
/// \file
/// The film of complete segments.

#include "cluster/shared_folder.hpp"

#include <oldfilm/cluster.hpp>

#include <string>

namespace oldfilm::cluster {

/// As `ClusterJob::finish`.
[[nodiscard]] RestoreResult publish(const SharedFolder& folder, const std::string& output,
                                    const ClusterFinishOptions& options);

} // namespace oldfilm::cluster
