#pragma once
/// \file
/// A chain of stages and how to drive it: push frames in, or let it pull them, and take results
/// out.

#include <oldfilm/export.hpp>
#include <oldfilm/frame.hpp>
#include <oldfilm/model.hpp>
#include <oldfilm/parameter.hpp>
#include <oldfilm/profile.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

struct oldfilm_plugin_description;

namespace oldfilm {

/// A stage of a pipeline: an id or short name, and the parameters that are not to keep their
/// defaults.
struct StageSpec {
    std::string id;
    ParameterValues parameters;
    /// For a stage that lives in the program itself (made by `sdk::describe`); null: a plugin file.
    const oldfilm_plugin_description* description = nullptr;
};

/// "superres:scale=2,model=texture" as the command line writes it: an id, and after a colon
/// parameters as name=value with commas between them. A comma in a value is written "\,", and a
/// backslash before a comma or a backslash "\\"; colons and equals signs need nothing. Values are
/// texts here; the stage's parameter table says later what they are. Throws `Error`
/// (invalid_argument).
OLDFILM_API StageSpec parse_stage(const std::string& text);

/// What frames of a stream have in common.
struct StreamFormat {
    int channels = 3;
    std::int64_t height = 0, width = 0;
    Rational rate; ///< frames a second; 0 when irregular
    ColorTags color;
    std::int64_t frames = -1; ///< how many are expected, for the progress; -1 when unknown
    /// Where the rate is irregular: frames for each frame of the film, as rate changers that take a
    /// factor (interpolate:fps=2x) have made of them. 1 for a film.
    Rational frames_each{1};
};

struct PipelineOptions {
    /// "auto", "cpu", "cuda", "cuda:1", or another of LibTorch's that the program has registered.
    /// `restore` alone takes several, "cuda:0,1": see there.
    std::string device = "auto";
    Precision precision = Precision::automatic;
    std::int64_t memory = 0; ///< bytes that the program may come to hold, resident; what the models
                             ///< may take, and so their tiles, follows from it; 0: any amount
    int tile = 0;            ///< the models' tiles, side in pixels: see `ModelOptions`; 0: chosen
    bool optimize = true;    ///< whether models' operations are fused on a CPU: see `ModelOptions`
    std::vector<std::string> plugin_path; ///< folders that are searched first
    /// Where files are that parameters name by a relative path: the folder of a pipeline's
    /// document, say. Empty: the working directory.
    std::string base_folder;
    /// In pull mode: frames come out on the run's device, as in push mode, not on the host. They
    /// may then hold values that are no numbers, which are looked for where frames come to the
    /// host.
    bool stay_on_device = false;
    /// Told each frame, in order, where it still has the source's size and rate, that is after the
    /// last stage before the first one that changes either: repair masks are complete there. From
    /// the worker's thread; may be empty.
    std::function<void(const Frame&)> tap;
    /// Called with warnings and info messages, from any of the runs' threads, but one call at a
    /// time for all runs of a pipeline and its copies. What it throws is dropped; may be empty.
    std::function<void(const std::string&)> log;
    std::shared_ptr<Profile> profile; ///< told what the time goes into; may be null
};

/// How far a run is.
struct Progress {
    std::int64_t frames_in = 0, frames_out = 0;
    std::int64_t frames_total = -1; ///< expected in; -1 when unknown
    double seconds = 0;             ///< since the start
    double fps = 0;                 ///< input frames a second
    double eta = -1;                ///< seconds left; -1 when unknown
};

/// Counters of a run, for tests and for the curious.
struct RunStats {
    std::int64_t uploads = 0, downloads = 0; ///< whole frames that crossed between host and device
    std::int64_t peak_frames = 0;            ///< most frames alive in the edges at one time
    std::int64_t peak_bytes = 0;             ///< most bytes that those kept alive
    std::vector<double> stage_seconds;       ///< time in each stage's calls
    std::vector<std::string> analysis;       ///< per shot, JSON of what stages found
    std::vector<std::int64_t> shots;         ///< first frame of each shot found so far
};

namespace pipeline {
struct Access;
} // namespace pipeline

/// One pass of a film through a pipeline. `push`, `finish` and `next` may be called from different
/// threads, each from one at a time; all others from any. One thread of the run's own (the device's
/// worker) calls the stages. After it was moved from, all but `cancel` throw `Error`
/// (invalid_argument).
class OLDFILM_API Run {
  public:
    /// What `next` found.
    enum class State : std::uint8_t {
        frame,   ///< `next` gave a frame
        starved, ///< nothing can come out before more frames are pushed, or `finish` is called
        end,     ///< the film is over
    };

    /// Offers a frame. False: the pipeline is full; take some with `next`, then offer it again.
    /// Never blocks. A picture on CUDA may still be in the making on the calling thread's current
    /// stream: the stages come after it. Throws `Error`: format_mismatch when the frame is empty,
    /// of another size or number of channels than the run was started for, on a device that the run
    /// can't read, or not after the one before (what a source gives is held to the same);
    /// invalid_argument after `finish` and in pull mode; whatever ended the run.
    bool push(const Frame& frame);
    /// Nothing more comes in. Throws `Error` (invalid_argument) in pull mode.
    void finish();
    /// Waits while stages are at work, and gives the next restored frame, in order. A frame that
    /// was pushed on CUDA comes back on CUDA; the calling thread's current stream comes after its
    /// making. Throws `Error`: whatever ended the run (stage_failed, cancelled, out_of_memory ...).
    State next(Frame& frame);
    /// The same for pull mode, where there is a source: nothing at the end. Frames come out on the
    /// host unless `PipelineOptions::stay_on_device`.
    std::optional<Frame> next();
    /// Ends the run soon; `next` then throws `Error` (cancelled).
    void cancel() noexcept;
    [[nodiscard]] Progress progress() const;
    [[nodiscard]] RunStats stats() const;
    /// New values for live parameters of stage `stage` (its number in the chain), from the first
    /// frame that isn't before `from` (seconds) on; where the stage is past that, from its next
    /// frame on. What isn't named stays. Of several changes of one parameter those of later times
    /// come later, and of one time those of later calls. From any thread. Throws `Error`
    /// (invalid_argument) when one may not change, or not to that value.
    void change(std::size_t stage, const ParameterValues& values, Rational from = {});
    /// What comes out.
    [[nodiscard]] const StreamFormat& output() const;
    /// What the run began with, as JSON text: device, precision, stages with parameters and
    /// windows, and checksums of models, plugins and hints. The same at each call, whatever
    /// `change` was told since. The first call reads the plugins and hints.
    [[nodiscard]] std::string plan() const;

    ~Run(); ///< cancels what is still running, and waits for it
    Run(Run&&) noexcept;
    Run& operator=(Run&&) noexcept; ///< what was running here is cancelled, and waited for

  private:
    friend struct pipeline::Access;
    struct Impl;
    explicit Run(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// What a pipeline does for frames of one format: its stages, configured, with their models open,
/// and the memory divided among them. No thread of it is left running. Copies share it. All members
/// are for any thread; after it was moved from they throw `Error` (invalid_argument).
class OLDFILM_API Plan {
  public:
    /// Frames that go in.
    [[nodiscard]] const StreamFormat& input() const;
    /// Frames that come out.
    [[nodiscard]] const StreamFormat& output() const;
    /// Bytes that a model may take while it runs; 0 without `PipelineOptions::memory`.
    [[nodiscard]] std::int64_t memory_of_models() const;
    /// As JSON text: device, precision, stages with parameters and windows, and checksums of
    /// models, plugins and hints. The first call reads the plugins and hints.
    [[nodiscard]] std::string to_json() const;
    /// The first frame that stages must see so that what they make of `frame`, in the shot that
    /// begins at `shot_first`, equals what a run of the whole film makes of it; for a film without
    /// duplicate frames, which stages don't see.
    [[nodiscard]] std::int64_t first_frame_needed_for(std::int64_t frame,
                                                      std::int64_t shot_first) const;
    /// Starts a run. With a `source` it pulls frames, on a thread of its own, until the source
    /// gives none; without, frames are pushed. A source may give frames on the device, in the
    /// making on its thread's current stream. Runs may work at the same time; those after the first
    /// create their stages anew, and share the models. Throws `Error` as `Pipeline::plan` does.
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

/// The description of a chain of stages. Building checks names and parameters; nothing is loaded
/// yet. Can be run many times, also at the same time.
class OLDFILM_API Pipeline {
  public:
    explicit Pipeline(PipelineOptions options = {});
    /// The same schema as `to_json` writes:
    /// {"oldfilm": 1, "device": "auto", "precision": "auto", "memory": 0,
    ///  "stages": [{"id": "superres", "parameters": {"scale": 2}}]}
    /// Numbers and truth values may also be given as text, and 0 and 1 for truth values; the
    /// stage's parameter table says what is wanted. Files that it names lie in
    /// `options.base_folder`, and may not lead out of it but by an absolute path. Throws `Error`
    /// (invalid_argument, not_found) naming the place.
    static Pipeline from_json(const std::string& json, PipelineOptions options = {});
    /// The preset "silent-film", "newsreel", "home-movie" or "tv-archive". Throws `Error`
    /// (not_found).
    static Pipeline preset(const std::string& name, PipelineOptions options = {});

    /// Appends a stage. Throws `Error`: not_found, incompatible, invalid_argument.
    Pipeline& add(StageSpec stage);
    Pipeline& add(const std::string& text) { return add(parse_stage(text)); }

    /// Puts a stage at `position`, before the one that is there. Throws as `add`.
    Pipeline& insert(std::size_t position, StageSpec stage);
    /// Removes stage `stage`. Throws `Error` (invalid_argument).
    Pipeline& erase(std::size_t stage);
    /// Sets a parameter of stage `stage`. Throws `Error` (invalid_argument).
    Pipeline& set(std::size_t stage, const std::string& parameter, ParameterValue value);
    /// The same stages, whose plugins and files are not looked for again, with other options.
    [[nodiscard]] Pipeline with_options(PipelineOptions options) const;

    /// The stages in order; values have the types of their parameter tables.
    [[nodiscard]] std::vector<StageSpec> stages() const;
    [[nodiscard]] const PipelineOptions& options() const;
    [[nodiscard]] std::string to_json() const;

    /// Creates and configures the stages for frames of this format, and opens their models. Throws
    /// `Error`: invalid_argument, unreadable, incompatible, unsupported, format_mismatch,
    /// out_of_memory, stage_failed.
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
