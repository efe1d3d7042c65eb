#include "project_options.hpp"

#include "restore_options.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace cli {
namespace {

using ProjectAction = ProjectArguments::Action;

constexpr const char* project_footer = R"(Examples:
  oldfilm project new film.mkv film-project --preset newsreel
  oldfilm project show film-project
  oldfilm project split film-project s120 200
  oldfilm project set film-project s120 --stage scratch-removal:sensitivity=0.4 --off colorize
  oldfilm project export film-project --edl shots.edl
  oldfilm restore --project film-project restored.mkv
Everything that is set is in FOLDER/project.json, which may be edited by hand.)";

void add_new(CLI::App& command, ProjectArguments& a) {
    command.add_option("FILM", a.film, "The film: a file or an image sequence")->required();
    command.add_option("FOLDER", a.folder, "Where; default: FILM's name with -project");
    add_stage_options(command, a.pipeline);
    command
        .add_option("--shots", a.pipeline.shots,
                    "Where shots begin: auto, none, or a file as for restore")
        ->type_name("auto|none|FILE");
    command
        .add_option("--cut-threshold", a.pipeline.cut_threshold,
                    "How unlike pictures are at a cut, 0.01 to 1.99; default 0.15")
        ->type_name("X")
        ->check(CLI::Range(0.01, 1.99));
}

void add_set(CLI::App& command, ProjectArguments& a) {
    command.add_option("--kind", a.kind, "What it shows: picture, title_card, leader, black")
        ->check(CLI::IsMember({"picture", "title_card", "leader", "black"}))
        ->type_name("KIND");
    command.add_option("--stage", a.stages, "Live parameters of a stage in this shot")
        ->type_name("ID:k=v,...")
        ->allow_extra_args(false);
    command.add_option("--off", a.off, "A stage that is off in this shot")
        ->type_name("ID")
        ->allow_extra_args(false);
    command.add_option("--unset", a.unset, "A stage that does as in the rest of the film again")
        ->type_name("ID")
        ->allow_extra_args(false);
    auto* const exclude = command.add_flag("--exclude", a.exclude, "No stage is to restore it");
    command.add_flag("--include", a.include, "It is restored again")->excludes(exclude);
    command.add_option("--note", a.note, "A note for people")->type_name("TEXT");
}

} // namespace

void add_project_options(CLI::App& app, ProjectArguments& a) {
    app.require_subcommand(1);
    app.footer(project_footer);
    const auto command = [&](const char* name, const char* about,
                             ProjectAction action) -> CLI::App& {
        CLI::App* made = app.add_subcommand(name, about);
        made->callback([&a, action] { a.action = action; });
        if (action != ProjectAction::create) {
            made->add_option("FOLDER", a.folder, "The project")->required();
        }
        return *made;
    };
    const auto add_shot = [&a](CLI::App& made) {
        made.add_option("SHOT", a.shot, "The shot's id")->required();
    };
    const auto add_frame = [&a](CLI::App& made, const char* about) {
        made.add_option("FRAME", a.frame, about)->required();
    };
    add_new(command("new", "Analyze a film, and begin a project", ProjectAction::create), a);
    command("show", "What a project says", ProjectAction::show)
        .add_flag("--json", a.json, "As JSON");
    CLI::App& split = command("split", "Cut a shot in two", ProjectAction::split);
    add_shot(split);
    add_frame(split, "First frame of the second part");
    add_shot(command("merge", "Join a shot and the next one", ProjectAction::merge));
    CLI::App& shift = command("shift", "Move the cut before a shot", ProjectAction::shift);
    add_shot(shift);
    add_frame(shift, "First frame of the shot");
    CLI::App& set = command("set", "What is done in a shot", ProjectAction::set);
    add_shot(set);
    add_set(set, a);
    command("import", "Take the cuts of another list", ProjectAction::import_shots)
        .add_option("FILE", a.file, "First frames, an EDL or an OpenTimelineIO timeline")
        ->required();
    CLI::App& exporting =
        command("export", "Write the shots for other programs", ProjectAction::export_shots);
    exporting.add_option("--edl", a.edl, "A CMX 3600 edit decision list")->type_name("FILE");
    exporting.add_option("--otio", a.otio, "OpenTimelineIO JSON")->type_name("FILE");
    exporting
        .add_option("--c2pa", a.c2pa,
                    "A C2PA manifest definition of the last rendering, to be signed")
        ->type_name("FILE");
    CLI::App& relink =
        command("relink", "The film has another name or place", ProjectAction::relink);
    relink.add_option("FILM", a.film, "The film")->required();
    relink.add_flag("--changed", a.changed, "Its content may differ; its frames are the same");
}

} // namespace cli
