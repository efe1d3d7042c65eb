#include "restore_options.hpp"

#include "values.hpp"

#include <oldfilm/error.hpp>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <filesystem>
#include <utility>

namespace cli {
namespace {

constexpr const char* restore_footer = R"(Examples:
  All stages for a silent film, to the player's liking:
    oldfilm restore film.mkv restored.mkv --preset silent-film --scale 2 --fps 48
  Only clean it, without loss, and keep the masks of what was repaired:
    oldfilm restore film.mkv clean.mkv --stage scratch-removal --codec ffv1 --mask-out masks.mkv
  A hand-cranked film at its true speed, ten seconds of it:
    oldfilm restore reel.mov test.mkv --source-fps 18 --start 0:01:30 --duration 10
  A photograph with cracks and folds; what is repaired, as a picture of its own:
    oldfilm restore torn.jpg restored.png --preset photo --mask-out repaired.png
  As a project says:
    oldfilm restore --project film-project restored.mkv
  Between other programs:
    ffmpeg -i film.avi -f yuv4mpegpipe - | oldfilm restore - - --stage deflicker | ffplay -

Stages and their parameters: oldfilm plugins, oldfilm plugins ID
A comma in a value is written \, : --stage 'superres:model=./old\,new.pt'. A path has a slash;
what has none is a model's name.
Exit status: 0 done, 1 failed, 2 wrong usage, 3 done but with damaged frames concealed,
130 interrupted.)";

} // namespace

ProgressStyle progress_style(const std::string& name) {
    if (name == "json") {
        return ProgressStyle::json;
    }
    const bool terminal = isatty(STDERR_FILENO) != 0;
    return name == "bar" || (name == "auto" && terminal) ? ProgressStyle::bar : ProgressStyle::none;
}

void add_stage_options(CLI::App& app, RestoreArguments& a) {
    auto* stage = app.add_option("--stage", a.stages,
                                 "A stage, ID[:key=value,...]; repeat it for more, in order. "
                                 "\"none\": no stage, a lossless copy");
    stage->type_name("ID[:k=v,...]")->take_all()->allow_extra_args(false);
    stage->group("Stages");
    auto* preset = app.add_option("--preset", a.preset,
                                  "A list of stages: silent-film (the default), newsreel, "
                                  "home-movie, tv-archive, photo, showcase-1896, showcase-video");
    preset->type_name("NAME")->group("Stages");
    auto* file = app.add_option("--pipeline", a.pipeline_file, "A pipeline document (JSON)");
    file->type_name("FILE")->group("Stages");
    stage->excludes(preset)->excludes(file);
    preset->excludes(file);
    app.add_option("--scale", a.scale, "How many times larger (superres), 1.5 to 8")
        ->type_name("X")
        ->group("Stages");
    app.add_option("--fps", a.fps, "Frames a second or a factor (interpolate): 60, 24000/1001, 2x")
        ->type_name("RATE")
        ->group("Stages");
    app.add_option("--colorize", a.colorize,
                   "The preset's colorize: auto (the default; not of tinted films), on, off")
        ->check(CLI::IsMember({"auto", "on", "off"}))
        ->type_name("HOW")
        ->group("Stages");
    app.add_option("--grain", a.grain,
                   "Give back this part of the grain that each shot of the film has, 0 to 4, new "
                   "in every frame; with a preset")
        ->check(CLI::Range(0.0, 4.0))
        ->type_name("X")
        ->group("Stages");
    app.add_option("--tint", a.tint,
                   "A preset and tinted or toned film: keep restores it as monochrome and gives "
                   "each shot its tint back, remove leaves it monochrome, off restores it in "
                   "color; auto (the default) is keep")
        ->check(CLI::IsMember({"auto", "keep", "remove", "off"}))
        ->type_name("HOW")
        ->group("Stages");
    app.add_option("--by-shot", a.by_shot,
                   "Whether a preset's stages leave shots alone that are not for them (title "
                   "cards, tints, colors): auto (the default; all of the film is looked at first), "
                   "off")
        ->check(CLI::IsMember({"auto", "off"}))
        ->type_name("HOW")
        ->group("Stages");
    app.add_option("--plugin-path", a.plugin_path, "A folder with plugins, searched first")
        ->type_name("DIR")
        ->allow_extra_args(false)
        ->group("Stages");
}

namespace {

void add_film_options(CLI::App& app, RestoreArguments& a, RestoreTexts& t) {
    app.add_option("--project", a.project,
                   "A project's folder: its film instead of IN, its stages and its shots")
        ->type_name("FOLDER")
        ->group("Film");
    app.add_option("--source-fps", t.source_fps, "The film's true speed, frames a second")
        ->type_name("RATE")
        ->group("Film");
    app.add_option("--start", t.start, "Leave out what is before (seconds or h:mm:ss)")
        ->type_name("TIME")
        ->group("Film");
    app.add_option("--duration", t.duration, "Restore this much from there")
        ->type_name("TIME")
        ->group("Film");
    app.add_option("--protocols", a.protocols,
                   "Additional protocols allowed for input, such as https,tls,tcp")
        ->type_name("NAMES")
        ->delimiter(',')
        ->group("Film");
    app.add_flag(
           "--deinterlace{on}", a.deinterlace,
           "Make whole pictures of interlaced ones, film frames of telecined ones; =auto (the "
           "default): where combing is found, =off: never")
        ->check(CLI::IsMember({"auto", "on", "off"}))
        ->group("Film");
    app.add_option("--cadence", a.cadence,
                   "Film at another rate than its own by duplicates: keep (its times; a duplicate "
                   "stays one), film (its own frames at their own rate); auto (the default) is "
                   "keep")
        ->check(CLI::IsMember({"auto", "keep", "film"}))
        ->type_name("HOW")
        ->group("Film");
    app.add_flag("--crop-borders,!--keep-borders", a.crop_borders,
                 "Restore the picture without its bars or film gate, as found in the film; "
                 "--keep-borders, the default, keeps frames whole")
        ->group("Film");
    app.add_option("--shots", a.shots,
                   "Where shots begin: auto (cuts are detected), none (one shot), or a file with "
                   "first frames, an EDL or an OpenTimelineIO timeline")
        ->type_name("auto|none|FILE")
        ->group("Film");
    app.add_option("--cut-threshold", a.cut_threshold,
                   "How unlike pictures are at a cut, 0.01 to 1.99; default 0.15, less finds more")
        ->type_name("X")
        ->check(CLI::Range(0.01, 1.99))
        ->group("Film");
    app.add_option("--missing", a.missing,
                   "For pictures of an image sequence that are missing or broken: stop (and list "
                   "them), hold (a neighbor stands in), black")
        ->check(CLI::IsMember({"stop", "hold", "black"}))
        ->type_name("HOW")
        ->group("Film");
    app.add_flag("--strict", a.strict, "A damaged frame is an error instead of being concealed")
        ->group("Film");
}

void add_output_options(CLI::App& app, RestoreArguments& a, RestoreTexts& t) {
    app.add_option("--codec", a.codec,
                   "h264, h265, av1, ffv1, prores, png, tiff, exr, dpx, y4m, or an NVIDIA GPU's "
                   "h264_nvenc, h265_nvenc; default: by the output's extension")
        ->type_name("NAME")
        ->group("Output");
    app.add_option("--crf", a.crf,
                   "Quality of h264, h265 (also a GPU's) and av1: lower is better and larger")
        ->type_name("N")
        ->check(CLI::Range(0, 63))
        ->group("Output");
    app.add_option("--mask-in", a.mask_in,
                   "A film of masks made elsewhere, or one picture for all frames: white where the "
                   "film is damaged")
        ->type_name("FILE")
        ->group("Film");
    app.add_option("--mask-out", a.mask_out, "A film of what was repaired (gray, lossless)")
        ->type_name("FILE")
        ->group("Output");
    app.add_option("--evidence-out", a.evidence_out,
                   "A film of where each sample comes from, in colors (lossless)")
        ->type_name("FILE")
        ->group("Output");
    app.add_flag("--no-audio", a.no_audio, "Leave the sound out")->group("Output");
    app.add_flag("--no-subtitles", a.no_subtitles, "Leave the subtitles out")->group("Output");
    app.add_flag("--drop-streams", a.drop_streams,
                 "Leave out, with a warning, what the output can't hold, instead of refusing")
        ->group("Output");
    app.add_flag("--overwrite", a.overwrite, "Replace files that exist")->group("Output");
    app.add_flag("--fresh", a.ignore_checkpoint,
                 "Start over instead of resuming an interrupted run")
        ->group("Output");
    app.add_option("--progress", t.progress, "auto, bar, json (lines on standard error), none")
        ->check(CLI::IsMember({"auto", "bar", "json", "none"}))
        ->type_name("HOW")
        ->group("Output");
}

void add_machine_options(CLI::App& app, RestoreArguments& a, RestoreTexts& t) {
    app.add_option("--device", a.device, "auto, cpu, cuda, cuda:N; cuda:0,1 distributes the shots")
        ->type_name("NAME")
        ->group("Machine");
    app.add_option("--decode", t.decode,
                   "cpu, or gpu: by the device's video engine what it can, to the same frames")
        ->check(CLI::IsMember({"cpu", "gpu"}))
        ->type_name("WHERE")
        ->group("Machine");
    app.add_option("--precision", a.precision, "auto, float32, bfloat16, float16")
        ->check(CLI::IsMember({"auto", "float32", "bfloat16", "float16"}))
        ->type_name("TYPE")
        ->group("Machine");
    app.add_option("--memory", t.memory, "At most this much for the whole program, such as 2G")
        ->type_name("BYTES")
        ->group("Machine");
    app.add_flag("--profile", a.profile,
                 "Say what the time goes into; with FILE.json after it, write a trace, too")
        ->group("Machine");
    app.add_option("--profile-trace", a.profile_file)->group(""); // what parse() makes of the file
    app.add_option("--tile", a.tile, "Side of the models' tiles; default: chosen")
        ->type_name("PIXELS")
        ->check(CLI::Range(16, 65536))
        ->group("Machine");
    app.add_flag("--no-optimize", a.no_optimize,
                 "Run models as they are, without fused operations; for finding faults")
        ->group("Machine");
}

} // namespace

void add_film_and_stage_options(CLI::App& app, RestoreArguments& a, RestoreTexts& t) {
    add_stage_options(app, a);
    add_film_options(app, a, t);
    add_output_options(app, a, t);
    add_machine_options(app, a, t);
}

void add_restore_options(CLI::App& app, RestoreArguments& a, RestoreTexts& t) {
    app.add_option(
        "IN", a.input,
        "The film: a file, an image sequence (its folder, or frames/%05d.png), - for y4m");
    app.add_option("OUT", a.output, "The restored film");
    add_film_and_stage_options(app, a, t);
    app.add_flag(
           "--transcribe{auto}", a.transcribe,
           "Add subtitles of speech and title cards; =language=de,cards=off says how: language, "
           "speech, cards, engine, detector, clean-sound, as in oldfilm transcribe")
        ->group("Output");
    app.footer(restore_footer);
}

void check_films(RestoreArguments& a) {
    using oldfilm::Errc;
    using oldfilm::Error;
    if (!a.project.empty() && a.output.empty()) {
        std::swap(a.input, a.output);
    }
    if (a.output.empty() || (a.input.empty() && a.project.empty())) {
        throw Error(Errc::invalid_argument, a.project.empty()
                                                ? "expected the film IN and the restored film OUT"
                                                : "expected the restored film OUT");
    }
    if (a.project.empty()) {
        return;
    }
    if (!a.input.empty()) {
        throw Error(Errc::invalid_argument, "a project has its own film, found " + a.input +
                                                "; leave it out, or name another one with oldfilm "
                                                "project relink");
    }
    if (!a.stages.empty() || !a.preset.empty() || !a.pipeline_file.empty() || a.scale ||
        !a.fps.empty() || !a.shots.empty() || a.cut_threshold || a.grain || a.colorize != "auto" ||
        a.tint != "auto" || a.by_shot != "auto") {
        throw Error(Errc::invalid_argument,
                    "a project has its own stages and shots; change them with oldfilm project set, "
                    "or in project.json");
    }
    if (a.cadence == "film") {
        throw Error(Errc::invalid_argument,
                    "a project counts all frames of its film, and --cadence film reads some of "
                    "them; leave it out");
    }
    if (a.crop_borders) {
        throw Error(Errc::invalid_argument,
                    "a project's regions and repairs are counted in whole frames, and "
                    "--crop-borders cuts them; crop the result in a second run");
    }
}

void settle(RestoreArguments& a, const RestoreTexts& t) {
    if (!t.source_fps.empty()) {
        a.source_fps = parse_rate("--source-fps", t.source_fps);
    }
    if (!t.start.empty()) {
        a.start = parse_seconds("--start", t.start);
    }
    if (!t.duration.empty()) {
        a.duration = parse_seconds("--duration", t.duration);
        if (*a.duration <= oldfilm::Rational(0)) {
            throw oldfilm::Error(oldfilm::Errc::invalid_argument,
                                 "--duration must be above 0 seconds, found \"" + t.duration +
                                     "\"");
        }
    }
    if (!t.memory.empty()) {
        a.memory = parse_bytes("--memory", t.memory);
    }
    if (!a.fps.empty()) {
        parse_rate_or_factor("--fps", a.fps);
    }
    for (std::string& folder : a.plugin_path) {
        folder = std::filesystem::absolute(folder).string();
    }
    a.progress = progress_style(t.progress);
    a.decode_on_gpu = t.decode == "gpu";
}

} // namespace cli
