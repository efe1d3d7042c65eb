// The public class: a folder, and who does what in it.
#include "cluster/cluster_status.hpp"
#include "cluster/planner.hpp"
#include "cluster/publication.hpp"
#include "cluster/shared_folder.hpp"
#include "cluster/working.hpp"

#include <oldfilm/cluster.hpp>

#include <filesystem>
#include <utility>

namespace oldfilm {

struct ClusterJob::Impl {
    explicit Impl(const std::string& name) : folder(name), path(folder.path.string()) {}
    cluster::SharedFolder folder;
    std::string path;
};

ClusterJob::ClusterJob(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClusterJob::~ClusterJob() = default;
ClusterJob::ClusterJob(ClusterJob&&) noexcept = default;
ClusterJob& ClusterJob::operator=(ClusterJob&&) noexcept = default;

ClusterJob ClusterJob::plan(const std::string& input, const std::string& folder,
                            const Pipeline& pipeline, const ClusterPlanOptions& options) {
    const std::filesystem::path path = std::filesystem::absolute(folder);
    cluster::write_plan(path, cluster::make_plan(input, path, pipeline, options));
    return open(folder);
}

ClusterJob ClusterJob::open(const std::string& folder) {
    return ClusterJob(std::make_unique<Impl>(folder));
}

const std::string& ClusterJob::folder() const {
    return impl_->path;
}

const std::string& ClusterJob::input() const {
    return impl_->folder.plan.input;
}

int ClusterJob::items() const {
    return static_cast<int>(std::ssize(impl_->folder.plan.items));
}

int ClusterJob::threads() const {
    return impl_->folder.plan.threads();
}

const std::string& ClusterJob::container() const {
    return impl_->folder.plan.container;
}

ClusterWorkResult ClusterJob::work(const ClusterWorkOptions& options) {
    return cluster::work(impl_->folder, options);
}

RestoreResult ClusterJob::finish(const std::string& output, const ClusterFinishOptions& options) {
    return cluster::publish(impl_->folder, output, options);
}

ClusterStatus ClusterJob::status() const {
    return cluster::status_of(impl_->folder);
}

} // namespace oldfilm
