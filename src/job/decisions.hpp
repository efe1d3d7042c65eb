#pragma once
/// \file
/// What stages leave alone in single shots of a job's film.

#include "job/job.hpp"

#include <oldfilm/pipeline.hpp>

#include <filesystem>

namespace oldfilm::job {

/// `pipeline` with the shots of the film as `job` has them, and with overrides by
/// `RestoreOptions::decide_by_shot`, which are reported. A stage that is off in all shots is left
/// out. What the analysis finds is stored in `folder` (empty: nowhere), where the next run of the
/// same film finds it. Throws `Error` as `analyze_film` does.
[[nodiscard]] Pipeline with_decisions(Job& job, const Pipeline& pipeline,
                                      const std::filesystem::path& folder);

} // namespace oldfilm::job
