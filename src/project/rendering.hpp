#pragma once
/// \file
/// The pipeline that renders a project.

#include <oldfilm/pipeline.hpp>
#include <oldfilm/project.hpp>

namespace oldfilm::project {

/// The stages of the project with all that was decided: its shots, and what is off in them or set
/// otherwise; regions; rejected repairs. Throws `Error` as `Project::pipeline`, `Ledger`
/// and `Reader` do.
[[nodiscard]] Pipeline rendering_pipeline(const Project& project, const PipelineOptions& machine);

} // namespace oldfilm::project
