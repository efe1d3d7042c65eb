#include "preview.hpp"

#include <oldfilm/error.hpp>

#include <ATen/ops/zeros.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace cli::review {
namespace {

using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::Frame;
using oldfilm::Pipeline;
using oldfilm::Project;
using oldfilm::ProjectShot;

/// Frames before and after the previewed one that the stages see.
constexpr std::int64_t around = 2;

/// The stages alone; their place in the film and decisions come with each preview.
std::string stages_of(const Project& project) {
    return Json::parse(project.to_json()).at("pipeline").dump();
}

/// The project if `shot` were in it. No shot is excluded: finding out which stages can be off
/// there would open them all, and an excluded shot has no preview.
Project with(Project project, const ProjectShot& shot) {
    for (ProjectShot other : std::vector(project.shots())) {
        if (other.excluded) {
            other.excluded = false;
            project.update(other);
        }
    }
    project.update(shot);
    return project;
}

/// The parts of regions in these frames.
std::vector<oldfilm::Region> within(std::vector<oldfilm::Region> regions, std::int64_t first,
                                    std::int64_t last) {
    std::erase_if(regions, [&](const oldfilm::Region& region) {
        return region.last < first || region.first > last;
    });
    for (oldfilm::Region& region : regions) {
        region.first = std::max(region.first, first);
    }
    return regions;
}

/// Stands for the frames before those that the stages see. Stages may go by the number of a frame;
/// duplicates of one picture are counted, and no stage sees them: nothing is decided about them.
class StandIn {
  public:
    explicit StandIn(const oldfilm::StreamFormat& format)
        : black_(at::zeros({1, 1, 1}, at::kFloat)
                     .expand({format.channels, format.height, format.width})) {
        info_.time_base = format.rate.num() > 0 ? format.rate.inverse() : oldfilm::Rational(1);
        info_.duration = 1;
    }
    [[nodiscard]] Frame number(std::int64_t number) const {
        oldfilm::FrameInfo info = info_;
        info.pts = number;
        info.origin = number == 0 ? oldfilm::Origin::decoded : oldfilm::Origin::held;
        return {black_, info};
    }

  private:
    at::Tensor black_;
    oldfilm::FrameInfo info_;
};

} // namespace

Preview::Preview(Store& store, Films& films, oldfilm::PipelineOptions machine)
    : store_(store), films_(films), machine_(std::move(machine)) {}

void Preview::take_turn() {
    const std::lock_guard lock(run_mutex_);
    if (run_ != nullptr) {
        run_->cancel();
    }
}

const Pipeline& Preview::warm_pipeline(const Project& project) {
    std::string stages = stages_of(project);
    if (!warm_ || warm_->stages != stages) {
        oldfilm::PipelineOptions plain = machine_;
        plain.shots.source = oldfilm::ShotOptions::Source::none;
        Pipeline pipeline = project.pipeline(machine_).with_options(std::move(plain));
        oldfilm::Plan plan = pipeline.plan(films_.source()->format());
        warm_.emplace(Warm{std::move(stages), std::move(pipeline), std::move(plan)});
    }
    return warm_->pipeline;
}

void Preview::warm_up() {
    const std::lock_guard lock(mutex_);
    warm_pipeline(store_.project());
}

oldfilm::PipelineOptions Preview::options_for(const Project& project, const ProjectShot& shot,
                                              const Range& range) const {
    oldfilm::PipelineOptions options =
        oldfilm::rendering_pipeline(with(project, shot), machine_).options();
    oldfilm::ShotOptions shots;
    shots.source = oldfilm::ShotOptions::Source::list;
    shots.first_frames = {range.first};
    shots.overrides[range.first] = shot.stages;
    options.shots = std::move(shots);
    options.regions = within(std::move(options.regions), range.first, range.last);
    return options;
}

Frame Preview::restored(const Pipeline& pipeline, const Range& range, std::int64_t number) {
    const std::shared_ptr<Film> film = films_.source();
    const StandIn stand_in(film->format());
    std::int64_t next = 0;
    oldfilm::Run run = pipeline.start(film->format(), [&]() -> std::optional<Frame> {
        const std::int64_t now = next++;
        if (now > range.last) {
            return std::nullopt;
        }
        return now < range.first ? stand_in.number(now) : film->frame(now);
    });
    {
        const std::lock_guard lock(run_mutex_);
        run_ = &run;
    }
    std::optional<Frame> frame;
    try {
        do {
            frame = run.next();
        } while (frame && frame->info().source_index < number);
    } catch (...) {
        const std::lock_guard lock(run_mutex_);
        run_ = nullptr;
        throw;
    }
    const std::lock_guard lock(run_mutex_);
    run_ = nullptr;
    if (!frame) {
        throw Error(Errc::internal, "the stages made no frame; this is a defect of oldfilm");
    }
    return *frame;
}

PreviewedFrame Preview::frame(std::int64_t number, const ProjectShot& shot) {
    const std::int64_t turn = ++newest_;
    take_turn();
    const std::lock_guard lock(mutex_);
    if (turn != newest_) {
        throw Error(Errc::cancelled, "a newer preview was asked for");
    }
    if (shot.excluded) {
        return {films_.source()->frame(number), number, number, true};
    }
    const Range range{std::max(shot.first, number - around), std::min(shot.last, number + around)};
    const Project project = store_.project();
    const Pipeline pipeline =
        warm_pipeline(project).with_options(options_for(project, shot, range));
    return {restored(pipeline, range, number), range.first, range.last,
            range.first == shot.first && range.last == shot.last};
}

} // namespace cli::review
