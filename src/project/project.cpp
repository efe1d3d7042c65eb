#include "base/checksum.hpp"
#include "project/project_file.hpp"
#include "project/project_impl.hpp"
#include "project/shot_edits.hpp"
#include "project/source_file.hpp"
#include "project/text_file.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/project.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace oldfilm {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> checksum_of(const std::optional<std::string>& text) {
    return text ? std::optional(base::checksum(*text)) : std::nullopt;
}

} // namespace

Project::Project(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Project::Project(const Project& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
Project& Project::operator=(const Project& other) {
    if (this != &other) {
        impl_ = std::make_unique<Impl>(*other.impl_);
    }
    return *this;
}
Project::Project(Project&&) noexcept = default;
Project& Project::operator=(Project&&) noexcept = default;
Project::~Project() = default;

Project Project::open(const std::string& folder) {
    Project project = Impl::of(folder, {});
    const std::string name = project.impl_->file().string();
    const std::optional<std::string> text = project::read_text(name);
    if (!text) {
        throw Error(Errc::not_found, fmt::format("{} cannot be read; check the path, or make a "
                                                 "project with oldfilm project new FILM {}",
                                                 name, folder));
    }
    project.impl_->state = project::parse_project(*text, name);
    project.impl_->read = checksum_of(text);
    return project;
}

void Project::save() {
    const fs::path file = impl_->file();
    if (checksum_of(project::read_text(file)) != impl_->read) {
        throw Error(Errc::incompatible,
                    fmt::format("{} was changed by somebody else since it was read; open the "
                                "project again and repeat the change",
                                file.string()));
    }
    const std::string text = to_json();
    project::write_text(file, text);
    impl_->read = checksum_of(text);
}

const std::string& Project::folder() const {
    return impl_->folder.native();
}

const ProjectSource& Project::source() const {
    return impl_->state.source;
}

std::string Project::source_path() const {
    return project::found_path(impl_->state.source, impl_->folder).string();
}

void Project::check_source() const {
    project::check(impl_->state.source, impl_->folder);
}

void Project::relink(const std::string& film, bool accept_changed) {
    ProjectSource& source = impl_->state.source;
    const MediaInfo info = inspect_media(film);
    const project::Content content = project::content_of(info.path, true);
    const bool is_same = content.checksum == source.checksum && content.bytes == source.bytes;
    if (!is_same && !accept_changed) {
        throw Error(Errc::incompatible,
                    fmt::format("{} is another film than that of the project: expected {} bytes "
                                "with checksum {}, found {} with {}; accept the change (--changed) "
                                "only if its frames are the same",
                                film, source.bytes, source.checksum, content.bytes,
                                content.checksum));
    }
    if (!is_same && (info.width != source.width || info.height != source.height ||
                     (info.frames >= 0 && !source.deinterlace && info.frames != source.frames))) {
        throw Error(Errc::incompatible,
                    fmt::format("{} has {} frames of {} x {} pixels, and the project is about {} "
                                "of {} x {}; make a new project",
                                film, info.frames, info.width, info.height, source.frames,
                                source.width, source.height));
    }
    source.path = project::stored_path(info.path, impl_->folder);
    source.bytes = content.bytes;
    source.checksum = content.checksum;
    source.ends = content.ends;
}

const std::string& Project::facts() const {
    return impl_->state.facts;
}

const std::vector<ProjectShot>& Project::shots() const {
    return impl_->state.shots;
}

const ProjectShot& Project::shot(const std::string& id) const {
    return *project::find_shot(impl_->state.shots, id);
}

std::string Project::split(const std::string& id, std::int64_t frame) {
    return project::split_shot(impl_->state.shots, id, frame);
}

void Project::merge(const std::string& id) {
    project::merge_shots(impl_->state.shots, id);
}

void Project::shift(const std::string& id, std::int64_t first) {
    project::shift_cut(impl_->state.shots, id, first);
}

void Project::set_cuts(const std::vector<std::int64_t>& first_frames) {
    project::set_cuts(impl_->state.shots, first_frames);
}

void Project::update(const ProjectShot& shot) {
    project::update_shot(impl_->state.shots, shot);
}

const std::vector<ProjectRegion>& Project::regions() const {
    return impl_->state.regions;
}

void Project::set_regions(std::vector<ProjectRegion> regions) {
    for (std::size_t i = 0; i < regions.size(); ++i) {
        std::string why = project::why_invalid(regions[i], impl_->state.source);
        if (std::any_of(regions.begin(), regions.begin() + static_cast<std::ptrdiff_t>(i),
                        [&](const ProjectRegion& other) { return other.id == regions[i].id; })) {
            why = fmt::format("there are two regions \"{}\"", regions[i].id);
        }
        if (!why.empty()) {
            throw Error(Errc::invalid_argument, why);
        }
    }
    impl_->state.regions = std::move(regions);
}

const std::vector<ProjectDecision>& Project::decisions() const {
    return impl_->state.decisions;
}

void Project::add_decision(ProjectDecision decision) {
    impl_->state.decisions.push_back(std::move(decision));
}

Pipeline Project::pipeline(const PipelineOptions& options) const {
    PipelineOptions plain;
    plain.plugin_path = options.plugin_path;
    plain.base_folder = impl_->folder.string();
    const Pipeline stages = Pipeline::from_json(impl_->state.pipeline, plain);
    PipelineOptions own = options;
    own.base_folder = plain.base_folder;
    own.shots = {};
    own.shots.source = ShotOptions::Source::list;
    for (const ProjectShot& shot : impl_->state.shots) {
        own.shots.first_frames.push_back(shot.first);
        if (!shot.stages.empty()) {
            own.shots.overrides[shot.first] = shot.stages;
        }
    }
    return stages.with_options(std::move(own));
}

void Project::set_pipeline(const Pipeline& pipeline) {
    nlohmann::ordered_json document{
        {"oldfilm", 1}, {"stages", nlohmann::ordered_json::parse(pipeline.to_json()).at("stages")}};
    impl_->state.pipeline = document.dump();
}

std::string Project::to_json() const {
    return project::text_of(impl_->state);
}

} // namespace oldfilm
