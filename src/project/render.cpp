// A project's film, restored as the project says.
#include "base/stage_id.hpp"
#include "job/restore.hpp"
#include "project/components.hpp"
#include "project/project_impl.hpp"
#include "project/recorder.hpp"
#include "project/rendering_record.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/ledger.hpp>
#include <oldfilm/regions.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace oldfilm {
namespace {

/// The stages that keep size and rate: those that can be off in a shot that is excluded.
std::vector<std::string> optional_stages(const Pipeline& pipeline, StreamFormat format) {
    std::vector<std::string> ids;
    for (const StageSpec& stage : pipeline.stages()) {
        PipelineOptions alone = pipeline.options();
        alone.shots = {};
        alone.profile = nullptr;
        const StreamFormat made = Pipeline(alone).add(stage).plan(format).output();
        if (made.width == format.width && made.height == format.height &&
            made.rate == format.rate && made.frames_each == format.frames_each) {
            ids.push_back(stage.id);
        }
        format = made;
    }
    return ids;
}

bool has_stage(const Pipeline& pipeline, const std::string& name) {
    const std::vector<StageSpec> stages = pipeline.stages();
    return std::any_of(stages.begin(), stages.end(), [&name](const StageSpec& stage) {
        return base::full_id(stage.id) == base::full_id(name);
    });
}

/// `pipeline` with the stages off where a shot is excluded.
Pipeline without_excluded(const Project& project, const Pipeline& pipeline) {
    const auto& shots = project.shots();
    if (std::none_of(shots.begin(), shots.end(),
                     [](const ProjectShot& shot) { return shot.excluded; })) {
        return pipeline;
    }
    ReadOptions read;
    read.deinterlace = project.source().deinterlace;
    const StreamFormat format = Reader(project.source_path(), read).format();
    const std::vector<std::string> ids = optional_stages(pipeline, format);
    PipelineOptions options = pipeline.options();
    for (const ProjectShot& shot : shots) {
        if (!shot.excluded) {
            continue;
        }
        auto& off = options.shots.overrides[shot.first];
        off.clear();
        for (const std::string& id : ids) {
            off.push_back({.id = id, .enabled = false, .parameters = {}});
        }
    }
    return pipeline.with_options(std::move(options));
}

/// What people decided: regions, and repairs that they rejected.
std::vector<Region> decided_regions(const Project& project, const Pipeline& pipeline) {
    std::vector<Region> regions;
    for (const ProjectRegion& region : project.regions()) {
        regions.push_back({region.first, region.last, region.polygon, {}, region.action});
    }
    RepairFilter rejected;
    rejected.decision = RepairDecision::rejected;
    for (const Repair& repair : Ledger(project.folder()).list(rejected)) {
        const bool is_any = repair.stage.empty();
        if (is_any || has_stage(pipeline, repair.stage)) {
            regions.push_back(
                {repair.frame, repair.frame,
                 box_polygon(static_cast<double>(repair.left), static_cast<double>(repair.top),
                             static_cast<double>(repair.width), static_cast<double>(repair.height)),
                 is_any ? std::vector<std::string>() : std::vector{repair.stage}});
        }
    }
    return regions;
}

Pipeline with_regions(const Project& project, const Pipeline& pipeline) {
    PipelineOptions options = pipeline.options();
    options.regions = decided_regions(project, pipeline);
    return pipeline.with_options(std::move(options));
}

void check_options(const RestoreOptions& options) {
    if (options.read.source_fps || options.read.start > Rational(0) || options.read.duration ||
        options.read.film_frames || options.read.crop || !options.shot_list.empty()) {
        throw Error(Errc::invalid_argument,
                    "a project is about all frames of its film, in its own list of shots; leave "
                    "out the list of shots, start, duration, source rate, cadence and cropping");
    }
}

} // namespace

Pipeline rendering_pipeline(const Project& project, const PipelineOptions& machine) {
    return with_regions(project, without_excluded(project, project.pipeline(machine)));
}

namespace {

RestoreResult render(const Project& project, const std::string& output, const Pipeline& pipeline,
                     const RestoreOptions& options) {
    if (!project::can_find_repairs()) {
        options.log.warning("this build has no OpenCV, so that the ledger is not written");
        return job::restore(project.source_path(), output, pipeline, options, nullptr);
    }
    project::Recorder recorder(project, pipeline);
    PipelineOptions own = pipeline.options();
    own.evidence = true; // the ledger has it
    return job::restore(project.source_path(), output, pipeline.with_options(std::move(own)),
                        options, &recorder, &recorder,
                        (std::filesystem::path(project.folder()) / "segments").string());
}

} // namespace

RestoreResult restore(const Project& project, const std::string& output,
                      const PipelineOptions& machine, const RestoreOptions& options) {
    check_options(options);
    project.check_source();
    const Pipeline pipeline = rendering_pipeline(project, machine);
    RestoreOptions own = options;
    own.read.deinterlace = project.source().deinterlace;
    own.deinterlace_combed = false;
    own.decide_by_shot.clear(); // decided when the project was made, and by people since
    project::RenderingNote note(project, output, options);
    RestoreResult result;
    try {
        result = render(project, output, pipeline, own);
    } catch (const Error& error) {
        if (error.code() == Errc::invalid_argument) { // such as an output that exists
            note.withdraw();
        }
        throw;
    }
    note.finish();
    return result;
}

} // namespace oldfilm
