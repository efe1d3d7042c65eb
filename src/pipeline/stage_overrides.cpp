#include "pipeline/stage_overrides.hpp"

#include "base/sidecar.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace oldfilm {
namespace {

/// Numbers count the first frames, of which frame 0 is always one.
std::int32_t shot_number(const ShotOptions& shots, std::int64_t first_frame) {
    const auto& first = shots.first_frames;
    const bool lists_zero = !first.empty() && first.front() == 0;
    const auto after = std::upper_bound(first.begin(), first.end(), first_frame);
    return static_cast<std::int32_t>(after - first.begin()) - (lists_zero ? 1 : 0);
}

void check_can_be_off(const CheckedStage& stage, const StreamFormat& in, const StreamFormat& out) {
    if (in.height != out.height || in.width != out.width || out.channels < in.channels) {
        throw Error(
            Errc::invalid_argument,
            fmt::format("the stage {} can't be off in some shots, since it changes the size, "
                        "or the channels, from {} x {} x {} to {} x {} x {}; leave it out "
                        "of the pipeline, or on",
                        stage.plugin.name, in.channels, in.height, in.width, out.channels,
                        out.height, out.width));
    }
}

} // namespace

const StageOverrides::InShot& StageOverrides::OfStage::in(std::int32_t shot) const {
    static const InShot none;
    const auto found = shots_.find(shot);
    return found == shots_.end() ? none : found->second;
}

StageOverrides::StageOverrides(const ShotOptions& shots, const std::vector<CheckedStage>& stages,
                               const std::vector<stage::Config>& configs, const StreamFormat& input)
    : stages_(stages.size()) {
    for (const auto& [first, overrides] : shots.overrides) {
        for (const StageOverride& one : overrides) {
            bool any = false;
            for (std::size_t i = 0; i < stages.size(); ++i) {
                if (!base::has_id(stages[i].plugin, one.id)) {
                    continue;
                }
                any = true;
                if (!one.enabled) {
                    check_can_be_off(stages[i], i == 0 ? input : configs[i - 1].output,
                                     configs[i].output);
                }
                InShot& shot = stages_[i].shots_[shot_number(shots, first)];
                shot.enabled = one.enabled;
                shot.values.merge(live_delta(stages[i].plugin, one.parameters));
            }
            if (!any) {
                throw Error(Errc::invalid_argument,
                            fmt::format("the shot from frame {} has an override of the stage {}, "
                                        "which the pipeline does not have; add the stage, or leave "
                                        "the override out",
                                        first, one.id));
            }
        }
    }
}

} // namespace oldfilm
