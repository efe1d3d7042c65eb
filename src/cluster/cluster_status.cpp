#include "cluster/cluster_status.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace oldfilm::cluster {
namespace {

/// How long a worker takes for a frame, over the segments that are complete.
void measure(const SharedFolder& folder, const std::set<std::int64_t>& complete,
             ClusterStatus& status) {
    double seconds = 0;
    std::int64_t frames = 0;
    for (const std::int64_t number : complete) {
        if (const std::optional<SegmentRecord> record = folder.segments.read(number)) {
            seconds += record->seconds;
            frames += record->segment.next - record->segment.start;
        }
    }
    status.seconds_per_frame = frames > 0 ? seconds / static_cast<double>(frames) : 0;
}

void add_workers(const SharedFolder& folder, const job::Segmentation& film,
                 const std::set<std::int64_t>& complete, ClusterStatus& status) {
    for (const auto& [number, generation] : folder.claims.generations()) {
        if (!std::binary_search(status.open.begin(), status.open.end(), number)) {
            continue;
        }
        const ClaimState claim = folder.claims.state_of(number, generation);
        if (!claim.is_live) {
            continue;
        }
        const Item& item = folder.plan.items[static_cast<std::size_t>(number)];
        status.workers.push_back({.host = claim.owner.host,
                                  .pid = claim.owner.pid,
                                  .item = number,
                                  .first = item.first,
                                  .next = item.next,
                                  .frames_done = frames_done(item, film, complete),
                                  .seconds = claim.seconds,
                                  .silent = claim.silent});
    }
}

void add_failures(const SharedFolder& folder, ClusterStatus& status) {
    for (const auto& [item, failures] : folder.failures.list()) {
        if (std::binary_search(status.open.begin(), status.open.end(), item)) {
            status.failures.push_back({.item = item,
                                       .failures = failures.count,
                                       .host = failures.host,
                                       .message = failures.message});
        }
    }
}

} // namespace

ClusterStatus status_of(const SharedFolder& folder) {
    ClusterStatus status;
    const auto film = segmentation_of(folder.plan.times, folder.plan.shots);
    const std::set<std::int64_t> complete = folder.segments.list();
    status.frames = folder.plan.frames();
    status.items = static_cast<int>(std::ssize(folder.plan.items));
    status.open = folder.open_items();
    status.items_done = status.items - static_cast<int>(std::ssize(status.open));
    for (const Item& item : folder.plan.items) {
        status.frames_done += frames_done(item, *film, complete);
    }
    measure(folder, complete, status);
    add_workers(folder, *film, complete, status);
    add_failures(folder, status);
    const auto left = static_cast<double>(status.frames - status.frames_done);
    if (left == 0) {
        status.eta = 0;
    } else if (!status.workers.empty() && status.seconds_per_frame > 0) {
        // An item has one worker: more workers than open items are of no use.
        const auto busy = static_cast<double>(status.workers.size());
        status.eta = left * status.seconds_per_frame / busy;
    }
    return status;
}

} // namespace oldfilm::cluster
