#pragma once
/// \file
/// From the command line's options to the pipeline that they ask for.

#include "arguments.hpp"

#include <oldfilm/pipeline.hpp>

#include <string>

namespace cli {

/// How and where stages run.
oldfilm::PipelineOptions pipeline_options(const RestoreArguments& arguments);
/// The preset, the document or the listed stages, with --scale and --fps worked in. Throws
/// `oldfilm::Error` as building a pipeline does.
oldfilm::Pipeline chosen_pipeline(const RestoreArguments& arguments);
/// Reads where shots begin if `shots` names a file, for a film of `rate`; "auto", "none" or nothing
/// changes nothing. Throws `oldfilm::Error` as `oldfilm::read_shot_list` does.
void set_shot_list(oldfilm::ShotOptions& options, const std::string& shots,
                   const oldfilm::Rational& rate);
/// Whether it has the stage `name`.
bool contains(const oldfilm::Pipeline& pipeline, const std::string& name);
/// Erases the stage `name` wherever it is.
void leave_out(oldfilm::Pipeline& pipeline, const std::string& name);

} // namespace cli
