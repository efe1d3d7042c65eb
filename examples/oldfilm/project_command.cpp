#include "automatic.hpp"
#include "commands.hpp"
#include "exit_status.hpp"
#include "pipeline_choice.hpp"
#include "write_file.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/project.hpp>
#include <oldfilm/provenance.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace cli {
namespace {

using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::Project;
using oldfilm::ProjectShot;
using oldfilm::StageOverride;
using ProjectAction = ProjectArguments::Action;

std::string folder_for(const ProjectArguments& arguments) {
    if (!arguments.folder.empty()) {
        return arguments.folder;
    }
    const std::filesystem::path film(arguments.film);
    return (film.parent_path() / film.stem()).string() + "-project";
}

oldfilm::Pipeline pipeline_of(const ProjectArguments& arguments) {
    RestoreArguments given = arguments.pipeline;
    given.input = arguments.film;
    given.stop = arguments.stop;
    oldfilm::Pipeline pipeline = chosen_pipeline(given);
    const Decisions decisions = decide(given, pipeline);
    for (const std::string& note : decisions.notes) {
        fmt::print(stderr, "oldfilm: {}\n", note);
    }
    apply(decisions, pipeline);
    oldfilm::PipelineOptions options = pipeline.options();
    set_shot_list(options.shots, given.shots, oldfilm::inspect_media(arguments.film).frame_rate);
    return pipeline.with_options(std::move(options));
}

std::string stages_of(const ProjectShot& shot) {
    std::string text;
    for (const StageOverride& stage : shot.stages) {
        std::string values;
        for (const auto& [name, value] : stage.parameters) {
            values += fmt::format(
                "{}{}={}", values.empty() ? ":" : ",", name,
                std::visit([](const auto& one) { return fmt::format("{}", one); }, value));
        }
        text += fmt::format("  {}{}", stage.id, stage.enabled ? values : " off");
    }
    return text;
}

int show(const Project& project, bool as_json) {
    if (as_json) {
        fmt::print("{}", project.to_json());
        return done;
    }
    const oldfilm::ProjectSource& film = project.source();
    fmt::print("{}\n  film      {}\n  frames    {} of {} x {}, {}\n", project.folder(),
               project.source_path(), film.frames, film.width, film.height,
               film.rate.num() > 0 ? film.rate.to_string() + " fps" : "irregular rate");
    fmt::print("  stages   ");
    // Of the document, so that no plugin is needed.
    const auto document = nlohmann::json::parse(project.to_json());
    for (const auto& stage : document["pipeline"]["stages"]) {
        fmt::print(" {}", stage["id"].get<std::string>());
    }
    fmt::print("\n  regions   {}\n", project.regions().size());
    for (const ProjectShot& shot : project.shots()) {
        fmt::print("  shot {:10} frames {:>6} to {:>6}  {}{}{}{}\n", shot.id, shot.first, shot.last,
                   oldfilm::to_string(shot.kind), shot.excluded ? ", excluded" : "",
                   stages_of(shot), shot.note.empty() ? "" : "  \"" + shot.note + "\"");
    }
    return done;
}

int create(const ProjectArguments& arguments) {
    oldfilm::ProjectOptions options;
    options.pipeline = pipeline_of(arguments);
    options.decide_by_shot = decided_by_shot(arguments.pipeline);
    options.stop = arguments.stop;
    options.log = [](oldfilm::LogLevel level, std::string_view text) {
        if (level == oldfilm::LogLevel::warning) {
            fmt::print(stderr, "oldfilm: {}\n", text);
        }
    };
    if (isatty(STDERR_FILENO) != 0) {
        options.progress = [](std::int64_t frames, std::int64_t total) {
            if (frames % 50 == 0) {
                fmt::print(stderr, "\ranalyzed {} of {} frames ", frames, total);
            }
        };
    }
    const Project project = Project::create(arguments.film, folder_for(arguments), options);
    if (options.progress) {
        fmt::print(stderr, "\n");
    }
    return show(project, false);
}

/// The override of stage `id` in `shot`, which is made if there is none.
StageOverride& override_of(ProjectShot& shot, const std::string& name) {
    constexpr std::string_view own = "org.oldfilm.";
    const std::string id = name.starts_with(own) ? name.substr(own.size()) : name;
    const auto found = std::find_if(shot.stages.begin(), shot.stages.end(),
                                    [&id](const StageOverride& stage) { return stage.id == id; });
    if (found != shot.stages.end()) {
        return *found;
    }
    return shot.stages.emplace_back(StageOverride{.id = id, .enabled = true, .parameters = {}});
}

/// Values in the types of the stage's table. Throws `Error` for what it does not have.
oldfilm::ParameterValues typed(const oldfilm::StageSpec& given) {
    return oldfilm::Pipeline().add(given).stages().front().parameters;
}

oldfilm::PictureKind kind_of(const std::string& name) {
    using oldfilm::PictureKind;
    for (const PictureKind kind :
         {PictureKind::title_card, PictureKind::leader, PictureKind::black}) {
        if (name == oldfilm::to_string(kind)) {
            return kind;
        }
    }
    return PictureKind::picture;
}

void set(Project& project, const ProjectArguments& arguments) {
    ProjectShot shot = project.shot(arguments.shot);
    for (const std::string& id : arguments.unset) {
        std::erase_if(shot.stages, [&id](const StageOverride& stage) { return stage.id == id; });
    }
    for (const std::string& text : arguments.stages) {
        const oldfilm::StageSpec given = oldfilm::parse_stage(text);
        StageOverride& stage = override_of(shot, given.id);
        stage.enabled = true;
        for (auto& [name, value] : typed(given)) {
            stage.parameters[name] = value;
        }
    }
    for (const std::string& id : arguments.off) {
        StageOverride& stage = override_of(shot, id);
        stage.enabled = false;
        stage.parameters.clear();
    }
    if (!arguments.kind.empty()) {
        shot.kind = kind_of(arguments.kind);
    }
    if (arguments.exclude || arguments.include) {
        shot.excluded = arguments.exclude;
    }
    if (!arguments.note.empty()) {
        shot.note = arguments.note;
    }
    project.update(shot);
}

int export_shots(const Project& project, const ProjectArguments& arguments) {
    if (arguments.edl.empty() && arguments.otio.empty() && arguments.c2pa.empty()) {
        throw Error(Errc::invalid_argument, "expected --edl, --otio or --c2pa with a FILE");
    }
    if (!arguments.edl.empty()) {
        write_file(arguments.edl, project.to_edl());
    }
    if (!arguments.otio.empty()) {
        write_file(arguments.otio, project.to_otio());
    }
    if (!arguments.c2pa.empty()) {
        write_file(arguments.c2pa, oldfilm::c2pa_manifest(project, arguments.stop));
    }
    return done;
}

void change(Project& project, const ProjectArguments& arguments) {
    switch (arguments.action) {
    case ProjectAction::split:
        fmt::print("{}\n", project.split(arguments.shot, arguments.frame));
        break;
    case ProjectAction::merge:
        project.merge(arguments.shot);
        break;
    case ProjectAction::shift:
        project.shift(arguments.shot, arguments.frame);
        break;
    case ProjectAction::set:
        set(project, arguments);
        break;
    case ProjectAction::import_shots:
        project.set_cuts(oldfilm::read_shot_list(arguments.file, project.source().rate));
        break;
    default:
        project.relink(arguments.film, arguments.changed);
        break;
    }
    project.save();
}

int run(const ProjectArguments& arguments) {
    if (arguments.action == ProjectAction::create) {
        return create(arguments);
    }
    Project project = Project::open(arguments.folder);
    if (arguments.action == ProjectAction::show) {
        return show(project, arguments.json);
    }
    if (arguments.action == ProjectAction::export_shots) {
        return export_shots(project, arguments);
    }
    change(project, arguments);
    return done;
}

} // namespace

int project(const ProjectArguments& arguments) {
    return guarded(usage_status, [&] { return run(arguments); });
}

} // namespace cli
