#pragma once
/// \file
/// How the memory that was named is dealt out: what must be held is counted, and the models get the
/// rest.

#include "pipeline/run_spec.hpp"
#include "stage/stage.hpp"

#include <oldfilm/pipeline.hpp>

#include <cstdint>
#include <vector>

namespace oldfilm {

/// Bytes that a model may take while it runs, for stages that are configured; 0 where no budget was
/// named. Throws `Error` (out_of_memory), with what is missing, where the budget is too small for
/// what must be held: LibTorch with the weights, what the caller holds, frames in flight, flows
/// between them, and what stages make beside their result.
std::int64_t memory_for_models(const PipelineOptions& options, const pipeline::PlanSpec& spec,
                               const StreamFormat& input, const std::vector<stage::Config>& stages);

/// To be asked between two steps: gives back what is free and still resident, when what is held
/// could come over the budget while a model takes `models` bytes.
void keep_within(std::int64_t budget, std::int64_t models);

} // namespace oldfilm
