#pragma once
/// \file
/// From the command line's options to the pipeline that they ask for.

#include "arguments.hpp"

#include <oldfilm/pipeline.hpp>

namespace cli {

/// The preset, the document or the listed stages, with --scale and --fps worked in. Throws
/// `oldfilm::Error` as building a pipeline does.
oldfilm::Pipeline chosen_pipeline(const RestoreArguments& arguments);

} // namespace cli
