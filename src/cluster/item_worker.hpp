#pragma once
/// \file
/// A process that restores items of a plan.

#include "cluster/planned_job.hpp"
#include "cluster/shared_folder.hpp"
#include "job/worker.hpp"

#include <oldfilm/cluster.hpp>

#include <cstdint>
#include <memory>

namespace oldfilm::cluster {

/// One plan, one reader, as many items as it is given. One thread at a time.
class ItemWorker {
  public:
    /// Opens the film and the models, and checks that they are those of the plan. Throws `Error` as
    /// `ClusterJob::work` does. `folder` outlives this.
    ItemWorker(const SharedFolder& folder, const ClusterWorkOptions& options);

    /// Restores what is left of the item that is claimed. Returns the frames that were made. Throws
    /// what made it fail; `Error` (cancelled) on request.
    std::int64_t restore(const Claim& claim);

  private:
    void check(const nlohmann::json& identity) const;
    [[nodiscard]] bool can_seek_to(std::int64_t frame) const;
    job::Source& source_at(std::int64_t frame);
    void run(const job::SegmentedJob& job, job::WorkQueue& queue, job::Source& source);

    const SharedFolder& folder_;
    std::stop_token stop_;
    Pipeline pipeline_;
    PlannedJob planned_;
    std::string device_;
    job::Worker worker_;
    std::unique_ptr<job::Segmentation> film_;
    job::OutputFilms films_;
    std::unique_ptr<job::Source> source_;
};

} // namespace oldfilm::cluster
