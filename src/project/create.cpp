// A project of a film: what analysis finds, and what follows from it.
#include "base/stage_id.hpp"
#include "job/decisions.hpp"
#include "media/locations.hpp"
#include "project/clock.hpp"
#include "project/project_impl.hpp"
#include "project/shot_edits.hpp"
#include "project/source_file.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace oldfilm {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Found {
    ProjectSource source;
    FilmFacts facts;
};

void check_place(const std::string& film, const fs::path& folder) {
    if (media::is_pipe(film) || !media::scheme_of(film).empty()) {
        throw Error(Errc::unsupported,
                    fmt::format("a project needs a file or an image sequence, found {}; save the "
                                "film first",
                                film));
    }
    if (fs::exists(folder / "project.json")) {
        throw Error(Errc::invalid_argument,
                    fmt::format("{} has a project already; name another folder, or remove "
                                "project.json",
                                folder.string()));
    }
}

/// Whether the film is combed, by a sample.
FieldOrder fields_of(const std::string& film, const ProjectOptions& options) {
    AnalysisOptions sample;
    sample.places = sample.frames = 1;
    sample.stop = options.stop;
    return analyze_film(film, sample).fields;
}

/// All frames, in the shots that `options` ask for.
Found analyzed(const std::string& film, const ProjectOptions& options) {
    Found found;
    const FieldOrder fields = fields_of(film, options);
    AnalysisOptions all;
    all.full = true;
    all.read.deinterlace = fields != FieldOrder::progressive;
    all.read.log = options.log;
    all.shots = options.pipeline.options().shots;
    all.stop = options.stop;
    const Reader reader(film, all.read);
    const StreamFormat format = reader.format();
    if (options.progress) {
        all.progress = [&](std::int64_t frames) { options.progress(frames, format.frames); };
    }
    found.facts = analyze_film(film, all);
    found.facts.fields = fields; // as it is before it is deinterlaced
    found.source.path = reader.info().path;
    found.source.width = format.width;
    found.source.height = format.height;
    found.source.rate = format.rate;
    found.source.deinterlace = all.read.deinterlace;
    for (const ShotFacts& shot : found.facts.shots) {
        found.source.frames += shot.frames;
    }
    return found;
}

std::vector<ProjectShot> shots_of(const FilmFacts& facts) {
    std::vector<ProjectShot> shots;
    for (const ShotFacts& found : facts.shots) {
        ProjectShot shot;
        shot.first = found.first;
        shot.last = found.first + found.frames - 1;
        shot.id = project::new_id(shots, shot.first);
        shot.kind = found.kind;
        shots.push_back(std::move(shot));
    }
    return shots;
}

std::string reason_of(const ShotFacts& shot) {
    return shot.kind != PictureKind::picture ? fmt::format("it shows {}", to_string(shot.kind))
                                             : fmt::format("it is {}", to_string(shot.coloring));
}

/// What stages leave alone in single shots. Returns the pipeline without what is for few shots, and
/// off in all.
Pipeline decide(project::State& state, const Found& found, const ProjectOptions& options) {
    Pipeline pipeline = options.pipeline;
    auto overrides = job::allowed_overrides(found.facts, pipeline, options.decide_by_shot);
    std::set<std::string> unused = job::off_in_all(overrides, state.shots.size());
    std::erase_if(unused, [](const std::string& id) { return !job::is_for_few_shots(id); });
    job::leave_out(pipeline, overrides, unused);
    const std::string when = project::now();
    for (std::size_t i = 0; i < state.shots.size(); ++i) {
        ProjectShot& shot = state.shots[i];
        for (StageOverride& stage : overrides[shot.first]) {
            const bool is_worth_a_word = !stage.enabled && !job::is_for_few_shots(stage.id);
            stage.id = base::short_name(stage.id);
            if (is_worth_a_word) {
                state.decisions.push_back({.about = stage.id,
                                           .choice = "off",
                                           .shot = shot.id,
                                           .reason = reason_of(found.facts.shots[i]),
                                           .by = "oldfilm",
                                           .when = when});
            }
            shot.stages.push_back(std::move(stage));
        }
    }
    return pipeline;
}

/// The facts of the film; those of shots are in the list of shots.
std::string film_facts(const FilmFacts& facts) {
    ordered_json document = ordered_json::parse(facts.to_json());
    document.erase("shots");
    document.erase("sampled");
    return document.dump();
}

} // namespace

Project Project::create(const std::string& film, const std::string& folder,
                        const ProjectOptions& options) {
    check_place(film, folder);
    Found found = analyzed(film, options);
    if (found.source.frames == 0) {
        throw Error(Errc::unreadable, fmt::format("{} has no frames", film));
    }
    const project::Content content = project::content_of(found.source.path, true);
    found.source.path = project::stored_path(found.source.path, folder);
    found.source.bytes = content.bytes;
    found.source.checksum = content.checksum;
    found.source.ends = content.ends;
    project::State state;
    state.source = found.source;
    state.facts = film_facts(found.facts);
    state.shots = shots_of(found.facts);
    const Pipeline pipeline = decide(state, found, options);
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) {
        throw Error(Errc::io, fmt::format("the folder {} cannot be made: {}; choose another one",
                                          folder, failed.message()));
    }
    Project project = Impl::of(folder, std::move(state));
    project.set_pipeline(pipeline);
    project.save();
    return project;
}

} // namespace oldfilm
