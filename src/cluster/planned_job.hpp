#pragma once
/// \file
/// The job of a plan, as each process that takes part in it has it.

#include "cluster/plan_document.hpp"
#include "job/job.hpp"

#include <oldfilm/log.hpp>
#include <oldfilm/pipeline.hpp>

#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>

namespace oldfilm::cluster {

/// What must be the same in all processes: `job::identity`, without where masks and evidence
/// go.
[[nodiscard]] nlohmann::json identity_of(const job::Job& job, const PipelineOptions& pipeline,
                                         const Plan& plan);

/// Where the film `name` of a job is encoded in `folder`, which is going to be `path`; empty if
/// that is empty.
[[nodiscard]] std::string encoded_in(const std::filesystem::path& folder, const char* name,
                                     const std::string& path);

/// Opens the film of a plan.
class PlannedJob {
  public:
    struct Setup {
        std::string output, mask_out, evidence_out; ///< of the job
        std::string device;
        bool overwrite = false;
        Log log;
        std::stop_token stop;
    };
    PlannedJob(const PlanDocument& document, Setup setup);

    [[nodiscard]] job::Job& job() { return *job_; }
    [[nodiscard]] const RestoreOptions& options() const { return options_; }

  private:
    std::string input_, output_;
    RestoreOptions options_;
    std::unique_ptr<job::Job> job_; ///< refers to the others
};

} // namespace oldfilm::cluster
