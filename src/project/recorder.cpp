#include "project/recorder.hpp"

#include "base/stage_id.hpp"
#include "project/components.hpp"
#include "project/ledger_schema.hpp"
#include "project/ledger_shots.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/plugins.hpp>

#include <ATen/ops/bincount.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace oldfilm::project {
namespace {

/// Frames carry one mask, of all stages. Of the project's own stages one makes masks.
std::string mask_stage(const Pipeline& pipeline) {
    std::string found;
    const std::vector<StageSpec> stages = pipeline.stages();
    for (const StageSpec& stage : stages) {
        const PluginInfo plugin = find_plugin(stage.id, pipeline.options().plugin_path);
        if (stages.size() == 1) {
            return plugin.name;
        }
        if (!plugin.id.starts_with(base::own_stages)) {
            return ""; // it may make masks, too
        }
        if (plugin.name == "scratch-removal") {
            found = plugin.name;
        }
    }
    return found;
}

/// How many of the frame's pixels are of each kind. Without a plane all are original.
EvidenceCounts counted_evidence(const Frame& frame) {
    EvidenceCounts counts{};
    if (!frame.evidence().defined()) {
        counts.front() = frame.height() * frame.width();
        return counts;
    }
    const at::Tensor found = at::bincount(frame.evidence().flatten(), {}, evidence_kinds).cpu();
    std::copy_n(found.const_data_ptr<std::int64_t>(), counts.size(), counts.begin());
    return counts;
}

std::vector<std::int64_t> cuts_of(const Project& project) {
    std::vector<std::int64_t> cuts;
    for (const ProjectShot& shot : project.shots()) {
        cuts.push_back(shot.first);
    }
    return cuts;
}

} // namespace

Recorder::Recorder(const Project& project, const Pipeline& pipeline)
    : stage_(mask_stage(pipeline)), database_(open_ledger(project.folder())),
      writer_(database_, {project.source().width, project.source().height}, cuts_of(project)) {
    store_shots(database_, project.shots());
}

void Recorder::see(const Frame& frame) {
    FrameRepairs repairs{.frame = frame.info().index,
                         .repairs = repairs_of(frame),
                         .evidence = counted_evidence(frame)};
    for (Repair& repair : repairs.repairs) {
        repair.stage = stage_;
    }
    const std::lock_guard lock(mutex_);
    seen_.insert_or_assign(repairs.frame, std::move(repairs));
}

void Recorder::complete(std::int64_t first, std::int64_t next) {
    const std::lock_guard lock(mutex_);
    std::vector<FrameRepairs> frames;
    for (std::int64_t frame = first; frame < next; ++frame) {
        const auto found = seen_.find(frame);
        if (found == seen_.end()) {
            throw Error(Errc::internal,
                        fmt::format("frame {} is complete and was not seen; this is a defect of "
                                    "oldfilm, please report it",
                                    frame));
        }
        frames.push_back(std::move(found->second));
        seen_.erase(found);
    }
    writer_.replace(std::move(frames));
}

bool Recorder::has(std::int64_t first, std::int64_t next) {
    const std::lock_guard lock(mutex_);
    // A ledger of version 1 has frames without evidence: they are rendered again.
    Statement select(database_, "SELECT count(*) FROM frames f WHERE frame >= ? AND frame < ? AND "
                                "EXISTS (SELECT 1 FROM evidence e WHERE e.frame = f.frame)");
    select.bind(0, first).bind(1, next).step();
    return select.integer(0) == next - first;
}

} // namespace oldfilm::project
