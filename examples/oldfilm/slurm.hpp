#pragma once
/// \file
/// A divided film as jobs of Slurm.

#include "arguments.hpp"

#include <oldfilm/cluster.hpp>

#include <string>

namespace cli {

struct SlurmJobs {
    std::string work, finish; ///< ids; `work` is empty if all items are done
};

/// Submits an array job of workers, at most one for each item that is not done, and a job that
/// finishes the film when all of them have ended. The scripts and the logs are in `slurm` in the
/// job's folder. Throws `oldfilm::Error`: unsupported (there is no sbatch), io (sbatch failed, with
/// its words).
SlurmJobs submit_to_slurm(const oldfilm::ClusterJob& job, const ClusterArguments& arguments);

} // namespace cli
