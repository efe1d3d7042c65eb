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
#include <utility>
#include <vector>

namespace oldfilm {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

struct Found {
    ProjectSource source;
    FilmFacts facts;
    std::vector<std::int64_t> first_frames; ///< of the shots
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

void check_stop(const ProjectOptions& options) {
    if (options.stop.stop_requested()) {
        throw Error(Errc::cancelled, "stopped on request; no project was made");
    }
}

/// What only a sample of the file tells: how fields lie, and the film's own rate.
FilmFacts sampled_facts(const std::string& film, const ProjectOptions& options) {
    AnalysisOptions sample;
    sample.places = sample.frames = 1;
    sample.stop = options.stop;
    return analyze_film(film, sample);
}

/// All frames, in the shots that `options` ask for.
Found analyzed(const std::string& film, const ProjectOptions& options) {
    Found found;
    const FilmFacts sample = sampled_facts(film, options);
    ReadOptions read;
    read.deinterlace = sample.fields != FieldOrder::progressive;
    read.keep_coded = false;
    read.log = options.log;
    Reader reader(film, read);
    const StreamFormat format = reader.format();
    PipelineOptions machine;
    machine.device = "cpu";
    machine.shots = options.pipeline.options().shots;
    Run run = Pipeline(machine).start(format, [&reader] { return reader.next(); });
    FilmAnalyzer analyzer;
    std::int32_t shot = -1;
    while (const std::optional<Frame> frame = run.next()) {
        check_stop(options);
        if (std::exchange(shot, frame->info().shot) != shot) {
            found.first_frames.push_back(found.source.frames);
        }
        analyzer.add(*frame);
        ++found.source.frames;
        if (options.progress) {
            options.progress(found.source.frames, format.frames);
        }
    }
    found.facts = analyzer.facts();
    found.facts.fields = sample.fields;
    found.facts.telecined = sample.telecined;
    found.facts.film_rate = sample.film_rate;
    found.source.path = reader.info().path;
    found.source.width = format.width;
    found.source.height = format.height;
    found.source.rate = format.rate;
    found.source.deinterlace = read.deinterlace;
    return found;
}

std::vector<ProjectShot> shots_of(const Found& found) {
    std::vector<ProjectShot> shots;
    for (std::size_t i = 0; i < found.first_frames.size(); ++i) {
        const bool is_last = i + 1 == found.first_frames.size();
        ProjectShot shot;
        shot.first = found.first_frames[i];
        shot.last = (is_last ? found.source.frames : found.first_frames[i + 1]) - 1;
        shot.id = project::new_id(shots, shot.first);
        shot.kind = found.facts.shots[i].kind;
        shots.push_back(std::move(shot));
    }
    return shots;
}

/// Why the shot is not colorized; empty if it is.
std::string why_not_colorized(const ShotFacts& shot) {
    if (shot.kind != PictureKind::picture) {
        return fmt::format("it is found to be {}", to_string(shot.kind));
    }
    return shot.coloring == Coloring::tinted ? "it is tinted or toned" : "";
}

void decide_colorize(project::State& state, const Found& found) {
    const std::string when = project::now();
    for (std::size_t i = 0; i < state.shots.size(); ++i) {
        const std::string why = why_not_colorized(found.facts.shots[i]);
        if (why.empty()) {
            continue;
        }
        state.shots[i].stages.push_back({.id = "colorize", .enabled = false, .parameters = {}});
        state.decisions.push_back({.about = "colorize",
                                   .choice = "off",
                                   .shot = state.shots[i].id,
                                   .reason = why,
                                   .by = "oldfilm",
                                   .when = when});
    }
}

bool has_colorize(const Pipeline& pipeline) {
    const std::vector<StageSpec> stages = pipeline.stages();
    return std::any_of(stages.begin(), stages.end(), [](const StageSpec& stage) {
        return stage.id == "colorize" || stage.id == "org.oldfilm.colorize";
    });
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
    state.shots = shots_of(found);
    if (has_colorize(options.pipeline)) {
        decide_colorize(state, found);
    }
    std::error_code failed;
    fs::create_directories(folder, failed);
    if (failed) {
        throw Error(Errc::io, fmt::format("the folder {} cannot be made: {}; choose another one",
                                          folder, failed.message()));
    }
    Project project = Impl::of(folder, std::move(state));
    project.set_pipeline(options.pipeline);
    project.save();
    return project;
}

} // namespace oldfilm
