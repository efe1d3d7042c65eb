#include "cluster/shared_folder.hpp"

#include <fmt/format.h>

namespace oldfilm::cluster {
namespace {

bool has_all(const Item& item, const std::set<std::int64_t>& complete) {
    for (std::int64_t segment = item.first_segment; segment < item.next_segment; ++segment) {
        if (!complete.contains(segment)) {
            return false;
        }
    }
    return true;
}

} // namespace

SharedFolder::SharedFolder(const std::filesystem::path& folder)
    : path(std::filesystem::absolute(folder)), plan(read_plan(path)), segments(path / "segments"),
      claims(path / "claims", plan.claim_seconds), failures(path / "failures") {}

std::filesystem::path SharedFolder::working(const Claim& claim) const {
    return path / "working" / fmt::format("{:06}.{}", claim.item(), claim.generation());
}

std::vector<int> SharedFolder::open_items() const {
    const std::set<std::int64_t> complete = segments.list();
    std::vector<int> open;
    for (std::size_t i = 0; i < plan.items.size(); ++i) {
        if (!has_all(plan.items[i], complete)) {
            open.push_back(static_cast<int>(i));
        }
    }
    return open;
}

bool SharedFolder::is_done(int item) const {
    return has_all(plan.items.at(static_cast<std::size_t>(item)), segments.list());
}

std::int64_t frames_done(const Item& item, const job::Segmentation& film,
                         const std::set<std::int64_t>& complete) {
    std::int64_t frames = 0;
    for (std::int64_t segment = item.first_segment; segment < item.next_segment; ++segment) {
        if (complete.contains(segment)) {
            frames += film.start_of(segment + 1) - film.start_of(segment);
        }
    }
    return frames;
}

} // namespace oldfilm::cluster
