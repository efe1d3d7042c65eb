// A project of a film: what analysis finds, and what follows from it.
#include "media/locations.hpp"
#include "project/clock.hpp"
#include "project/project_impl.hpp"
#include "project/shot_edits.hpp"
#include "project/source_file.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string>
#include <string_view>
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
    if (film == "-" || !media::scheme_of(film).empty()) {
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

std::string short_name(const std::string& id) {
    constexpr std::string_view own = "org.oldfilm.";
    return id.starts_with(own) ? id.substr(own.size()) : id;
}

/// Stages that are for few shots, so that it is not worth a word where they are off.
bool is_for_few_shots(const std::string& stage) {
    return stage == "title-card" || stage == "tint";
}

std::string reason_of(const ShotFacts& shot) {
    return shot.kind != PictureKind::picture ? fmt::format("it shows {}", to_string(shot.kind))
                                             : fmt::format("it is {}", to_string(shot.coloring));
}

/// What may be decided of a shot.
std::vector<StageOverride> allowed(std::vector<StageOverride> stages,
                                   const std::vector<std::string>& names) {
    for (StageOverride& stage : stages) {
        stage.id = short_name(stage.id);
    }
    std::erase_if(stages, [&names](const StageOverride& stage) {
        return std::find(names.begin(), names.end(), stage.id) == names.end();
    });
    return stages;
}

/// What stages leave alone in single shots.
void decide(project::State& state, const Found& found, const ProjectOptions& options) {
    auto overrides = overrides_for(found.facts, options.pipeline);
    const std::string when = project::now();
    for (std::size_t i = 0; i < state.shots.size(); ++i) {
        ProjectShot& shot = state.shots[i];
        shot.stages = allowed(overrides[shot.first], options.decide_by_shot);
        for (const StageOverride& stage : shot.stages) {
            if (stage.enabled || is_for_few_shots(stage.id)) {
                continue;
            }
            state.decisions.push_back({.about = stage.id,
                                       .choice = "off",
                                       .shot = shot.id,
                                       .reason = reason_of(found.facts.shots[i]),
                                       .by = "oldfilm",
                                       .when = when});
        }
    }
}

bool is_off(const ProjectShot& shot, const std::string& name) {
    return std::any_of(shot.stages.begin(), shot.stages.end(), [&name](const StageOverride& one) {
        return one.id == name && !one.enabled;
    });
}

/// Leaves out of `pipeline` what is for few shots, and is off in all.
Pipeline used_stages(Pipeline pipeline, std::vector<ProjectShot>& shots) {
    const std::vector<StageSpec> stages = pipeline.stages();
    for (std::size_t i = stages.size(); i > 0; --i) {
        const std::string name = short_name(stages[i - 1].id);
        if (!is_for_few_shots(name) ||
            !std::all_of(shots.begin(), shots.end(),
                         [&name](const ProjectShot& shot) { return is_off(shot, name); })) {
            continue;
        }
        pipeline.erase(i - 1);
        for (ProjectShot& shot : shots) {
            std::erase_if(shot.stages,
                          [&name](const StageOverride& one) { return one.id == name; });
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
    decide(state, found, options);
    const Pipeline pipeline = used_stages(options.pipeline, state.shots);
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
