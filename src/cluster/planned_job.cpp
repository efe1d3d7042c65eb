#include "cluster/planned_job.hpp"

#include "job/identity.hpp"

#include <utility>

namespace oldfilm::cluster {

nlohmann::json identity_of(const job::Job& job, const PipelineOptions& pipeline, const Plan& plan) {
    nlohmann::json identity =
        job::identity(job.source().info().path, job.options(), pipeline, plan.to_json());
    job::forget_places(identity);
    return identity;
}

std::string encoded_in(const std::filesystem::path& folder, const char* name,
                       const std::string& path) {
    return path.empty()
               ? ""
               : (folder / name).string() + std::filesystem::path(path).extension().string();
}

PlannedJob::PlannedJob(const PlanDocument& document, Setup setup)
    : input_(document.input), output_(std::move(setup.output)), options_(document.restore) {
    options_.mask_out = std::move(setup.mask_out);
    options_.evidence_out = std::move(setup.evidence_out);
    options_.overwrite = setup.overwrite;
    options_.log = std::move(setup.log);
    options_.stop = std::move(setup.stop);
    job_ = std::make_unique<job::Job>(job::Job::Request{.input = input_,
                                                        .output = output_,
                                                        .options = options_,
                                                        .devices = {std::move(setup.device)},
                                                        .profile = nullptr},
                                      0);
    job_->films().set_in_segments();
}

} // namespace oldfilm::cluster
