#pragma once
/// \file
/// The folder that all machines see.

#include "cluster/claims.hpp"
#include "cluster/failures.hpp"
#include "cluster/plan_document.hpp"
#include "cluster/segment_folder.hpp"

#include <filesystem>
#include <set>
#include <vector>

namespace oldfilm::cluster {

/// plan.json, and the folders `segments`, `claims`, `failures`, and `working` with a folder for
/// each claim at work.
struct SharedFolder {
    explicit SharedFolder(const std::filesystem::path& path);

    std::filesystem::path path;
    PlanDocument plan;
    SegmentFolder segments;
    Claims claims;
    Failures failures;

    [[nodiscard]] std::filesystem::path working(const Claim& claim) const;
    /// The items that lack a segment.
    [[nodiscard]] std::vector<int> open_items() const;
    [[nodiscard]] bool is_done(int item) const;
};

/// Frames of the item in the segments `complete`.
[[nodiscard]] std::int64_t frames_done(const Item& item, const job::Segmentation& film,
                                       const std::set<std::int64_t>& complete);

} // namespace oldfilm::cluster
