#pragma once
/// \file
/// What a run does, as text: what a job compares before it goes on, and what a film's metadata say.

#include "pipeline/spec.hpp"
#include "stage/stage.hpp"

#include <memory>
#include <string>
#include <vector>

namespace oldfilm {

/// JSON text of the stages as they were configured, and of checksums of what else the pictures
/// depend on: models, plugins, hints, each by its stage and by what the stage calls it.
std::string plan_text(const std::vector<CheckedStage>& checked,
                      const std::vector<std::unique_ptr<stage::Stage>>& stages,
                      const stage::Shared& shared, int threads);

} // namespace oldfilm
