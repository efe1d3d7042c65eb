#include "cluster_options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace cli {
namespace {

using ClusterAction = ClusterArguments::Action;

constexpr std::array names{"plan-job", "work", "finish", "submit", "status"};

constexpr const char* plan_footer = R"(Examples:
  The plan, on the machine where the film is; then as many workers as you like, anywhere:
    oldfilm plan-job film.mkv /shared/film-job --preset silent-film --scale 2 --threads 8
    oldfilm work /shared/film-job --claim
    oldfilm finish /shared/film-job restored.mkv
  The same by Slurm:
    oldfilm submit --slurm /shared/film-job restored.mkv -- --partition=cpu --time=2:00:00
See docs/cluster.md.)";

CLI::App& command(CLI::App& program, ClusterArguments& a, const char* name, const char* about,
                  ClusterAction action) {
    CLI::App* made = program.add_subcommand(name, about);
    made->callback([&a, action] { a.action = action; });
    return *made;
}

void add_folder(CLI::App& app, ClusterArguments& a) {
    app.add_option("FOLDER", a.folder, "The folder of plan-job")->required();
}

void add_plan(CLI::App& app, ClusterArguments& a, RestoreTexts& t) {
    app.add_option("FILM", a.plan.input, "The film: a file, or an image sequence")->required();
    app.add_option("FOLDER", a.folder, "A folder that all workers see, new or empty")->required();
    add_film_and_stage_options(app, a.plan, t);
    for (const char* other : {"--project", "--overwrite", "--fresh", "--profile"}) {
        app.remove_option(app.get_option(other)); // of a restoration by one program
    }
    app.add_option("--container", a.container, "Extension of the restored film; default .mkv")
        ->type_name(".EXT")
        ->group("Workers");
    app.add_option("--threads", a.threads,
                   "Threads of each worker; default: as many as this machine has processors")
        ->type_name("N")
        ->check(CLI::Range(1, 1024))
        ->group("Workers");
    app.add_option("--items", a.items,
                   "Number of work items, 1 to 1000; default: each takes about five minutes")
        ->type_name("N")
        ->check(CLI::Range(1, 1000))
        ->group("Workers");
    app.add_option("--expire", a.claim_seconds,
                   "Seconds after which the item of a worker that is silent is free; default 120")
        ->type_name("SECONDS")
        ->check(CLI::Range(2, 3600))
        ->group("Workers");
    app.footer(plan_footer);
}

void add_work(CLI::App& app, ClusterArguments& a) {
    add_folder(app, a);
    auto* const item = app.add_option("--item", a.item, "This item, from 0")->type_name("N");
    app.add_flag("--claim", a.claim, "Any items that nobody works on, until all are done (default)")
        ->excludes(item);
    app.add_flag("--no-wait", a.no_wait,
                 "Do not wait for items that others work on, to take over what they leave");
    app.add_flag("--retry", a.retry, "Also items that have failed three times")->excludes(item);
    app.add_flag("--any-cpu", a.any_cpu,
                 "Accept a CPU of another kind, whose results may differ in the last bits");
}

void add_finish(CLI::App& app, ClusterArguments& a) {
    add_folder(app, a);
    app.add_option("OUT", a.output, "The restored film")->required();
    app.add_option("--mask-out", a.mask_out, "The film of what was repaired, if not as planned")
        ->type_name("FILE");
    app.add_flag("--overwrite", a.overwrite, "Replace files that exist");
}

void add_submit(CLI::App& app, ClusterArguments& a) {
    add_folder(app, a);
    app.add_option("OUT", a.output, "The restored film")->required();
    app.add_flag("--slurm", a.slurm, "To Slurm, by sbatch")->required();
    app.add_option("SBATCH", a.sbatch, "After --: options of sbatch, for all jobs");
    app.add_option("--workers", a.workers, "At most so many; default: one for each item")
        ->type_name("N")
        ->check(CLI::Range(1, 1000));
    app.add_option("--attempts", a.attempts, "How often a worker is begun; default 3")
        ->type_name("N")
        ->check(CLI::Range(1, 100));
    app.add_flag("--overwrite", a.overwrite, "Replace files that exist");
}

} // namespace

void add_cluster_options(CLI::App& program, ClusterArguments& a, RestoreTexts& t) {
    add_plan(command(program, a, "plan-job", "Divide a film among machines", ClusterAction::plan),
             a, t);
    add_work(command(program, a, "work", "Restore parts of a film that was divided",
                     ClusterAction::work),
             a);
    add_finish(command(program, a, "finish", "Put the parts together", ClusterAction::finish), a);
    add_submit(command(program, a, "submit", "Have a cluster do both", ClusterAction::submit), a);
    CLI::App& status = command(program, a, "status", "Say how far it is", ClusterAction::status);
    add_folder(status, a);
    status.add_flag("--json", a.json, "As JSON");
}

bool is_cluster_command(const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

} // namespace cli
