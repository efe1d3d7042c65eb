#pragma once
/// \file
/// What the command line asks for, checked as far as that needs no film and no LibTorch.

#include <oldfilm/time.hpp>

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace cli {

/// Exit statuses, as the manual page lists them.
enum Status : int {
    done = 0,
    failed = 1,
    wrong_usage = 2,
    done_with_damage = 3,
    interrupted = 130
};

enum class ProgressStyle { bar, json, none };

struct RestoreArguments {
    std::string input, output;
    std::string project;             ///< folder; the film, the stages and the shots are its own
    std::vector<std::string> stages; ///< as written; "none" alone for no stage at all
    std::string preset, pipeline_file;
    std::string device = "auto", precision = "auto";
    bool decode_on_gpu = false;
    std::string fps; ///< for interpolate: "24", "24000/1001", "2x"; empty: not given
    std::optional<double> scale;
    std::optional<oldfilm::Rational> source_fps, duration;
    oldfilm::Rational start;
    std::string missing = "stop"; ///< stop, hold or black
    std::string shots;            ///< auto, none, or a file; empty: not given
    std::optional<double> cut_threshold;
    std::string codec, mask_in, mask_out, evidence_out;
    std::optional<int> crf;
    std::int64_t memory = 0; ///< bytes; 0: what the stages need
    int tile = 0;            ///< pixels; 0: chosen
    bool no_optimize = false;
    std::vector<std::string> protocols;
    bool profile = false;
    std::string profile_file; ///< for a trace; empty for none
    bool overwrite = false, ignore_checkpoint = false, strict = false;
    std::string deinterlace = "auto"; ///< auto, on or off
    std::string cadence = "auto";     ///< auto, keep or film
    bool crop_borders = false;
    std::string colorize = "auto"; ///< a preset's stage: auto, on or off
    std::optional<double> grain;   ///< part of the film's own grain that is added at the end
    std::string tint = "auto";     ///< with a preset: auto, keep, remove or off
    std::string by_shot = "auto";  ///< what a preset's stages leave alone: auto or off
    std::string transcribe;        ///< "auto", or parameters name=value; empty: not asked for
    bool no_audio = false, no_subtitles = false, drop_streams = false;
    ProgressStyle progress = ProgressStyle::none;
    std::vector<std::string> plugin_path;
    std::stop_token stop;
};

struct ProjectArguments {
    enum class Action {
        create,
        show,
        split,
        merge,
        shift,
        set,
        import_shots,
        export_shots,
        relink,
    };
    Action action = Action::show;
    std::string folder, film, shot, file;
    std::int64_t frame = 0;
    RestoreArguments pipeline;       ///< of a new project: stages, shots
    std::string kind, note;          ///< to be set; empty: as they are
    std::vector<std::string> stages; ///< to be set, as written
    std::vector<std::string> off;    ///< names of stages
    std::vector<std::string> unset;  ///< names of stages that do as in the rest of the film
    bool exclude = false, include = false;
    std::string edl, otio, c2pa; ///< files to be written
    bool changed = false;        ///< another content of the film is accepted
    bool json = false;
    std::stop_token stop;
};

struct LedgerArguments {
    enum class Action { list, show, accept, reject, reset, write };
    Action action = Action::list;
    std::string folder;
    std::vector<std::int64_t> ids;
    std::string shot, kind, decision; ///< of those that are meant; empty: any
    std::optional<std::int64_t> first, last, series;
    bool all = false; ///< every repair may be judged at once
    std::int64_t most = -1;
    std::string by; ///< who decides; empty: the user's name
    std::string csv_file, json_file;
    bool json = false, csv = false;
};

/// Of plan-job, work, finish, submit and status.
struct ClusterArguments {
    enum class Action { plan, work, finish, submit, status };
    Action action = Action::status;
    RestoreArguments plan; ///< of a new plan; its output is the folder
    std::string container = ".mkv";
    int items = 0, threads = 0, claim_seconds = 120; ///< of a new plan
    std::string folder, output, mask_out;
    std::optional<int> item; ///< to be worked on; empty: any
    bool claim = false;      ///< any item, which is the default, said explicitly
    bool no_wait = false, retry = false, any_cpu = false;
    bool slurm = false;
    std::vector<std::string> sbatch; ///< options of its own
    int workers = 0;                 ///< of Slurm; 0: one for each item
    int attempts = 3;                ///< of each worker, by Slurm
    bool overwrite = false, json = false;
    std::stop_token stop;
};

struct PluginsArguments {
    std::string id; ///< empty: all
    bool json = false;
    bool markdown = false;
    std::vector<std::string> plugin_path;
};

struct InspectArguments {
    std::string file;
    bool json = false;
    bool shots = false; ///< find a film's cuts, too: decodes all of it
    std::optional<double> cut_threshold;
    bool full = false; ///< find facts in all frames
};

struct ModelsArguments {
    enum class Action { list, available, info, add, remove };
    Action action = Action::list;
    std::vector<std::string> names; ///< one name; for add, or files, or a name and its files
    std::string accepted_license;   ///< name of the model whose terms are accepted
    std::string find_links;         ///< folder with wheels, instead of PyPI
    std::string task;               ///< what an added file must be for; empty: as it says
    bool json = false;
    std::vector<std::string> plugin_path;
};

struct NewStageArguments {
    std::string name, folder;
    bool plain_c = false; ///< in C, without LibTorch
};

struct CheckPluginArguments {
    std::string library;
    bool json = false;
    bool list = false;             ///< only say which checks there are
    std::vector<std::string> only; ///< checks or groups of checks
    std::vector<std::string> set;  ///< parameters, as NAME=VALUE
    double slower = 1;             ///< by which the checks' time limits are multiplied
    // What the program tells the process that it begins for the plugin:
    int report = -1;                 ///< file descriptor for results; -1: this is no such process
    std::size_t skip = 0;            ///< checks that were made before
    std::vector<std::string> failed; ///< "plugin/check" of those that failed
};

struct CleanArguments {
    std::vector<std::string> paths; ///< outputs, or folders
};

struct KeyframesArguments {
    std::string film, folder;
    std::string shots; ///< auto, none, or a file; empty: auto
    std::optional<double> cut_threshold;
    bool gray = false; ///< as they are, instead of colorized
    std::string device = "auto";
    std::vector<std::string> plugin_path;
    std::stop_token stop;
};

struct VerifyArguments {
    std::string source, result, project;
    bool json = false;
    std::stop_token stop;
};

struct ReviewArguments {
    std::string folder, result; ///< the project; its rendering, empty: the last one
    std::string device = "auto";
    int port = 0; ///< 0: any
    bool browser = true;
    std::stop_token stop;
};

struct ReportArguments {
    std::string folder, out; ///< the project; the folder of the report, empty: in the project
    std::string result;      ///< the project's rendering; empty: the last one
    std::stop_token stop;
};

struct TranscribeArguments {
    std::string film, output, format; ///< empty: chosen
    std::string language, engine, detector;
    std::string speech = "auto", cards = "auto"; ///< or off
    bool clean_sound = false, overwrite = false, fresh = false;
    std::vector<std::string> protocols;
    ProgressStyle progress = ProgressStyle::none;
    std::stop_token stop;
};

struct CompareArguments {
    std::string a, b, report;
    bool json = false;
    std::stop_token stop;
};

} // namespace cli
