#pragma once
/// \file
/// Makes the plan of a film that many machines restore.

#include "cluster/plan_document.hpp"

#include <oldfilm/cluster.hpp>

#include <filesystem>
#include <string>

namespace oldfilm::cluster {

/// As `ClusterJob::plan`, into `folder`.
[[nodiscard]] PlanDocument make_plan(const std::string& input, const std::filesystem::path& folder,
                                     const Pipeline& pipeline, const ClusterPlanOptions& options);

} // namespace oldfilm::cluster
