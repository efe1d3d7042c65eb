#pragma once
/// \file
/// A pipeline of stages, and its runs: push frames or let a run pull them from a source, and take
/// the results.

#include <oldfilm/export.hpp>
#include <oldfilm/frame.hpp>
#include <oldfilm/log.hpp>
#include <oldfilm/model.hpp>
#include <oldfilm/parameter.hpp>
#include <oldfilm/profile.hpp>
#include <oldfilm/regions.hpp>
#include <oldfilm/shots.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// Note [Determinism]
// ~~~~~~~~~~~~~~~~~~
// The same input and the same `Run::plan` give the same frames, times, masks, shots and analysis
// results, bit for bit. They do not depend on timing, on the worker that restores a shot, on the
// number of workers, or on interruptions, because:
//  - windows never cross a cut, and stages discard their state there (`reset`);
//  - windows and batches are counted from the first frame of a shot;
//  - the findings of an analysis are stored, and restored instead of computed again;
//  - tile sizes follow from the memory limit, never from the memory that happens to be free.
// `restore` encodes segments independently, so that its output is the same to the byte as well.
// Other devices, numbers of LibTorch threads or versions may round differently: they are part of
// the plan, or of the identity of a job. If a job runs out of memory, it continues with smaller
// tiles, which it records; the outputs of models then differ by at most 1e-4.

struct oldfilm_plugin_description;

namespace oldfilm {

/// A stage of a pipeline: an id or short name, and parameters. Omitted parameters keep their
/// defaults.
struct StageSpec {
    std::string id;
    ParameterValues parameters;
    /// For a stage that is part of the program (see `sdk::describe`): its description, which must
    /// outlive all pipelines and runs that use it. Null: the stage is loaded from a plugin library.
    const oldfilm_plugin_description* description = nullptr;
};

/// Parses the syntax of the command line, such as "superres:scale=2,model=texture": an id, and
/// after a colon comma-separated parameters name=value. A comma in a value is written "\,", and a
/// backslash before a comma or a backslash "\\"; colons and equals signs are not escaped. All
/// values are text; `Pipeline::add` converts them according to the parameter table of the stage.
/// Throws `Error` (invalid_argument).
OLDFILM_API StageSpec parse_stage(const std::string& text);

struct PipelineOptions {
    /// "auto" (the first GPU if CUDA is available, otherwise the CPU), "cpu", "cuda", "cuda:1", or
    /// a device that the program registered with LibTorch. Only `restore` accepts several,
    /// "cuda:0,1"; see there.
    std::string device = "auto";
    Precision precision = Precision::automatic;
    /// Limit of the resident memory of the program, in bytes. The share of the models, and thus
    /// their tile size, follows from it. 0: no limit.
    std::int64_t memory = 0;
    int tile = 0;         ///< tile side of the models, in pixels; 0: chosen; see `ModelOptions`
    bool optimize = true; ///< fuses the operations of models on a CPU; see `ModelOptions`
    ShotOptions shots;    ///< where shots begin
    std::vector<Region> regions; ///< what is decided for parts of the picture
    /// Frames carry where each of their samples comes from (`Frame::evidence`).
    bool evidence = false;
    std::vector<std::string> plugin_path; ///< folders to search first
    /// Folder for relative paths in parameters, such as that of a pipeline document. Empty: the
    /// working directory.
    std::string base_folder;
    /// Pull mode: leaves finished frames on the device of the run, as in push mode, instead of
    /// copying them to the host. Non-finite values, which are detected when frames are copied to
    /// the host, are then not detected.
    bool stay_on_device = false;
    Log log;                          ///< receives the messages of models and stages
    std::shared_ptr<Profile> profile; ///< records what the time is spent on; may be null
};

/// Progress of a run.
struct Progress {
    std::int64_t frames_in = 0, frames_out = 0;
    std::int64_t frames_total = -1; ///< expected input frames; -1 if unknown
    double seconds = 0;             ///< since the start
    double fps = 0;                 ///< input frames per second
    double eta = -1;                ///< seconds remaining; -1 if unknown
};

/// Counters of a run, for tests and diagnostics.
struct RunStats {
    std::int64_t uploads = 0, downloads = 0; ///< whole frames copied between host and device
    std::int64_t peak_frames = 0;            ///< largest number of frames in flight between stages
    std::int64_t peak_bytes = 0;             ///< largest number of bytes held by these
    std::vector<double> stage_seconds;       ///< time spent in calls of each stage
    /// Findings of the stages, as JSON: {"number", "stage", "shot", "found"} per stage and shot.
    std::vector<std::string> analysis;
    std::vector<std::int64_t> shots; ///< first frame of each shot found so far
};

namespace pipeline {
struct Access;
} // namespace pipeline

/// One pass of a film through a pipeline. Thread-safety: `push`, `finish` and `next` may be called
/// on different threads, each on one at a time; all other functions on any thread. The stages run
/// on the run thread, which belongs to the run. After a move, all functions of the old object
/// but `cancel` throw `Error` (invalid_argument).
class OLDFILM_API Run {
  public:
    /// Result of `next`.
    enum class State : std::uint8_t {
        frame,   ///< a frame was returned
        starved, ///< no output until more frames are pushed or `finish` is called
        end,     ///< the end of the film
    };

    /// Adds a frame. Returns false if the pipeline is full: take frames with `next`, then push the
    /// frame again. Never blocks. A CUDA picture may still have pending work on the current stream
    /// of the calling thread; the stages are ordered after it. Throws `Error`: format_mismatch if
    /// the frame is empty, differs in size or channels from the format of the run, is on a device
    /// that the run cannot read, or is not later than the previous one (frames of a source are
    /// checked likewise); invalid_argument after `finish` and in pull mode; the error that ended
    /// the run.
    bool push(const Frame& frame);
    /// Ends the input. Throws `Error` (invalid_argument) in pull mode.
    void finish();
    /// Waits while the stages are working, and returns the next restored frame, in order. In push
    /// mode it is on the device of the run; its creation is ordered before later work on the
    /// current stream of the calling thread. Throws `Error`: the error that ended the run
    /// (stage_failed, cancelled, out_of_memory ...).
    State next(Frame& frame);
    /// The same for pull mode; empty at the end. Frames are on the host unless
    /// `PipelineOptions::stay_on_device` is set. Throws `Error` (invalid_argument) in push mode
    /// when starved.
    std::optional<Frame> next();
    /// Ends the run as soon as possible; `next` then throws `Error` (cancelled).
    void cancel() noexcept;
    [[nodiscard]] Progress progress() const;
    [[nodiscard]] RunStats stats() const;
    /// Sets live parameters of stage `stage` (its number in the pipeline) from the first frame at
    /// or after `from` (seconds); if the stage is already past that, from its next frame. Other
    /// parameters are unchanged. If a parameter is changed several times, the changes apply in
    /// order of their times, and those of equal times in order of the calls. Throws `Error`
    /// (invalid_argument) for an unknown stage or parameter, one that is not live, or an invalid
    /// value.
    void change(std::size_t stage, const ParameterValues& values, Rational from = {});
    /// Format of the output.
    [[nodiscard]] const StreamFormat& output() const;
    /// The initial configuration as JSON text: device, precision, threads, stages with parameters
    /// and windows, and checksums of models, plugins and hint files. Later calls of `change` do not
    /// affect it. The first call reads the plugin and hint files.
    [[nodiscard]] std::string plan() const;

    ~Run(); ///< cancels the run if it has not ended, and waits for it
    Run(Run&&) noexcept;
    Run& operator=(Run&&) noexcept; ///< cancels the previous run of this object, and waits for it

  private:
    friend struct pipeline::Access;
    struct Impl;
    explicit Run(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// What a pipeline does for frames of one format: the configured stages with their models open, and
/// the division of memory. No thread is left running. Copies share one plan. Thread-safe. After a
/// move, the functions of the old object throw `Error` (invalid_argument).
class OLDFILM_API Plan {
  public:
    [[nodiscard]] const StreamFormat& input() const;
    [[nodiscard]] const StreamFormat& output() const;
    /// Memory limit of a model while it runs, in bytes; 0 without `PipelineOptions::memory`.
    [[nodiscard]] std::int64_t memory_of_models() const;
    /// The plan as JSON text: device, precision, threads, stages with parameters and windows, and
    /// checksums of models, plugins and hint files. The first call reads the plugin and hint files.
    [[nodiscard]] std::string to_json() const;
    /// The first frame that the stages must see to produce for `frame`, in the shot that starts at
    /// `shot_first`, the same result as in a run of the whole film (see Note [Determinism]). All
    /// are numbers of input frames. If a stage analyzes shots, this is `shot_first`. For a film
    /// without duplicate frames, which the stages do not see.
    [[nodiscard]] std::int64_t first_frame_needed_for(std::int64_t frame,
                                                      std::int64_t shot_first) const;
    /// Starts a run. With a `source`, the run pulls frames from it, on a thread of its own, until
    /// it returns nothing; otherwise frames are pushed. A source may return frames on the device
    /// with pending work on the current stream of its thread, which is not that of the stages. Runs
    /// may be concurrent; all but the first create stages of their own, and all share the models.
    /// Throws `Error` as `Pipeline::plan` does.
    [[nodiscard]] Run start(std::function<std::optional<Frame>()> source = {}) const;

    Plan(const Plan&);
    Plan& operator=(const Plan&);
    Plan(Plan&&) noexcept;
    Plan& operator=(Plan&&) noexcept;
    ~Plan();

  private:
    friend struct pipeline::Access;
    friend class Graph;
    friend class Run;
    class Impl;
    explicit Plan(std::shared_ptr<const Impl> impl);
    std::shared_ptr<const Impl> impl_;
};

/// The description of a chain of stages. Building it checks names and parameters; nothing is
/// loaded. It can be run many times, also concurrently. Not thread-safe while it is modified.
class OLDFILM_API Pipeline {
  public:
    explicit Pipeline(PipelineOptions options = {});
    /// Parses the format of `to_json`; members of the document override `options`:
    /// {"oldfilm": 1, "device": "auto", "precision": "auto", "memory": 0, "tile": 0,
    ///  "stages": [{"id": "superres", "parameters": {"scale": 2}}]}
    /// "shots" is "auto", "none" or an array of first frames, and "cut_threshold" a number; see
    /// `ShotOptions`. Without them, shots are those of `options`. A shot with overrides is an
    /// object: {"first": 120, "stages": {"colorize": false, "grain": {"sigma": 2}}}. "regions" is
    /// an array: {"action": "protect", "first": 0, "last": 9, "box": [left, top, width, height]},
    /// or with "polygon": [[x, y], ...]; "stages": ["scratch-removal"] protects from some of them.
    /// Numbers and Booleans may also be text, and Booleans 0 or 1; they are converted according to
    /// the parameter table of the stage. Relative paths refer to `options.base_folder` and must not
    /// lead out of it. Throws `Error` (invalid_argument, not_found, incompatible) naming the place.
    static Pipeline from_json(const std::string& json, PipelineOptions options = {});
    /// The preset "silent-film", "newsreel", "home-movie", "tv-archive" or "photo". Throws
    /// `Error` (not_found).
    static Pipeline preset(const std::string& name, PipelineOptions options = {});

    /// Appends a stage. Throws `Error`: not_found, incompatible, invalid_argument.
    Pipeline& add(StageSpec stage);
    Pipeline& add(const std::string& text) { return add(parse_stage(text)); }

    /// Inserts a stage before the one at `position`, or at the end. Throws `Error` as `add` does.
    Pipeline& insert(std::size_t position, StageSpec stage);
    /// Removes stage `stage`. Throws `Error` (invalid_argument) for an unknown stage.
    Pipeline& erase(std::size_t stage);
    /// Sets a parameter of stage `stage`. Throws `Error` (invalid_argument) for an unknown stage or
    /// parameter, or an invalid value.
    Pipeline& set(std::size_t stage, const std::string& parameter, ParameterValue value);
    /// The same stages with other options. Their plugins and files are not looked up again.
    [[nodiscard]] Pipeline with_options(PipelineOptions options) const;

    /// The stages in order; values have the types of the parameter tables.
    [[nodiscard]] std::vector<StageSpec> stages() const;
    [[nodiscard]] const PipelineOptions& options() const;
    [[nodiscard]] std::string to_json() const;

    /// Creates and configures the stages for frames of this format, and opens their models. Throws
    /// `Error`: invalid_argument, not_found, unreadable, incompatible, unsupported,
    /// format_mismatch, stage_failed, out_of_memory.
    [[nodiscard]] Plan plan(const StreamFormat& input) const;
    /// `plan(input).start(source)`.
    [[nodiscard]] Run start(const StreamFormat& input,
                            std::function<std::optional<Frame>()> source = {}) const;

    Pipeline(const Pipeline&);
    Pipeline& operator=(const Pipeline&);
    Pipeline(Pipeline&&) noexcept;
    Pipeline& operator=(Pipeline&&) noexcept;
    ~Pipeline();

  private:
    friend struct pipeline::Access;
    friend class Plan;
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Names of the presets.
OLDFILM_API std::vector<std::string> preset_names();

} // namespace oldfilm
