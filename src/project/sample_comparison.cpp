#include "project/sample_comparison.hpp"

#include "base/stage_id.hpp"
#include "pipeline/regions.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/any.h>
#include <ATen/ops/full.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

namespace oldfilm::project {
namespace {

/// The stage that changes nothing outside its repairs.
constexpr const char* repairing = "org.oldfilm.scratch-removal";

/// Ids of the stages that are off in a shot.
std::set<std::string> off_in(const ShotOptions& shots, std::int64_t first) {
    std::set<std::string> off;
    const auto found = shots.overrides.find(first);
    if (found != shots.overrides.end()) {
        for (const StageOverride& one : found->second) {
            if (!one.enabled) {
                off.insert(base::full_id(one.id));
            }
        }
    }
    return off;
}

/// Short names of the stages that are on and may change all of a picture, by the first frame of the
/// shot.
std::vector<std::pair<std::int64_t, std::set<std::string>>> stages_by_shot(const Pipeline& made) {
    const ShotOptions& shots = made.options().shots;
    std::set<std::int64_t> first(shots.first_frames.begin(), shots.first_frames.end());
    first.insert(0);
    std::vector<std::pair<std::int64_t, std::set<std::string>>> by_shot;
    for (const std::int64_t frame : first) {
        const std::set<std::string> off = off_in(shots, frame);
        std::set<std::string> changing;
        for (const StageSpec& stage : made.stages()) {
            const std::string id = base::full_id(stage.id);
            if (id != repairing && !off.contains(id)) {
                changing.insert(base::short_name(id));
            }
        }
        by_shot.emplace_back(frame, std::move(changing));
    }
    return by_shot;
}

} // namespace

SampleComparison::SampleComparison(const Pipeline& pipeline, const Ledger& ledger)
    : ledger_(ledger), shots_(stages_by_shot(pipeline)) {
    for (const Region& region : pipeline.options().regions) {
        if (region.action == RegionAction::protect && region.stages.empty()) {
            untouchable_.push_back(region);
        }
    }
}

std::set<std::string> SampleComparison::changing_stages(std::int64_t frame) const {
    const auto after =
        std::upper_bound(shots_.begin(), shots_.end(), frame,
                         [](std::int64_t one, const auto& shot) { return one < shot.first; });
    return std::prev(after)->second;
}

/// H x W, true where the frame may differ: everywhere, or in the boxes of its repairs; not where it
/// is protected from all stages.
at::Tensor SampleComparison::may_differ(const Frame& before, bool changes_all) const {
    at::Tensor mask = at::full({before.height(), before.width()}, changes_all, at::kBool);
    if (!changes_all) {
        RepairFilter filter;
        filter.first = filter.last = frames_;
        filter.present = true;
        for (const Repair& repair : ledger_.list(filter)) {
            mask.narrow(0, repair.top, repair.height)
                .narrow(1, repair.left, repair.width)
                .fill_(true);
        }
    }
    const at::Tensor untouchable =
        pipeline::protected_mask(untouchable_, frames_, before, static_cast<double>(before.width()),
                                 static_cast<double>(before.height()));
    return untouchable.defined() ? mask & ~untouchable[0] : mask;
}

void SampleComparison::add(const Frame& before, const Frame& after) {
    const at::Tensor differs = (before.picture() != after.picture()).any(0);
    const auto count = differs.sum().item<std::int64_t>();
    const std::set<std::string> changing = changing_stages(frames_);
    changing_.insert(changing.begin(), changing.end());
    samples_ += differs.numel();
    equal_ += differs.numel() - count;
    if (count > 0) {
        const at::Tensor allowed = may_differ(before, !changing.empty());
        const auto inside = (differs & allowed).sum().item<std::int64_t>();
        (changing.empty() ? repaired_ : changed_) += inside;
        if (inside < count) {
            note_wrong(differs & ~allowed);
        }
    }
    ++frames_;
}

void SampleComparison::note_wrong(const at::Tensor& pixels) {
    const at::Tensor place = pixels.nonzero()[0];
    wrong_ += pixels.sum().item<std::int64_t>();
    if (!first_wrong_) {
        first_wrong_ = fmt::format("frame {}, x {}, y {}", frames_, place[1].item<std::int64_t>(),
                                   place[0].item<std::int64_t>());
    }
}

void SampleComparison::count(Verification& found) const {
    found.frames = frames_;
    found.samples = samples_;
    found.equal = equal_;
    found.repaired = repaired_;
    found.changed = changed_;
}

void SampleComparison::conclude(Verification& found) const {
    count(found);
    if (first_wrong_) {
        found.wrong.push_back(fmt::format("{} pixels differ from the source where nothing is "
                                          "recorded; the first at {}",
                                          wrong_, *first_wrong_));
        return;
    }
    if (changing_.empty()) {
        found.proved.push_back(fmt::format("{} of {} pixels are those of the source, and the other "
                                           "{} lie in the boxes of recorded repairs",
                                           equal_, samples_, repaired_));
        return;
    }
    found.unproved.push_back(fmt::format("{} pixels outside of recorded repairs: {} may change all "
                                         "of a picture",
                                         changed_, fmt::join(changing_, ", ")));
    if (!untouchable_.empty()) {
        found.proved.emplace_back("no pixel differs from the source in regions that are protected "
                                  "from all stages");
    }
}

} // namespace oldfilm::project
