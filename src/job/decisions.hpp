#pragma once
/// \file
/// What stages leave alone in single shots of a job's film.

#include "job/job.hpp"

#include <oldfilm/analysis.hpp>
#include <oldfilm/pipeline.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace oldfilm::job {

/// What stages do otherwise, by the first frame of the shot. Ids are full.
using Overrides = std::map<std::int64_t, std::vector<StageOverride>>;

/// `overrides_for`, of the stages `allowed` (ids or short names) alone.
[[nodiscard]] Overrides allowed_overrides(const FilmFacts& facts, const Pipeline& pipeline,
                                          const std::vector<std::string>& allowed);
/// Whether a stage (full id) is for few shots, so that it is not worth a word where it is off.
[[nodiscard]] bool is_for_few_shots(const std::string& id);
/// Ids of the stages that are off in all shots, of which there are `shots`.
[[nodiscard]] std::set<std::string> off_in_all(const Overrides& overrides, std::size_t shots);
/// Takes stages out of a pipeline, and out of what is overridden in it.
void leave_out(Pipeline& pipeline, Overrides& overrides, const std::set<std::string>& ids);

/// `pipeline` with the shots of the film as `job` has them, and with overrides by
/// `RestoreOptions::decide_by_shot`, which are reported. A stage that is off in all shots is left
/// out. What the analysis finds is stored in `folder` (empty: nowhere), where the next run of the
/// same film finds it. Throws `Error` as `analyze_film` does.
[[nodiscard]] Pipeline with_decisions(Job& job, const Pipeline& pipeline,
                                      const std::filesystem::path& folder);

} // namespace oldfilm::job
