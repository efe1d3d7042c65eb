#pragma once
/// \file
/// A project: the decisions about one film, in a folder that people and version control can read.
/// docs/projects.md describes the files.

#include <oldfilm/analysis.hpp>
#include <oldfilm/export.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/regions.hpp>
#include <oldfilm/restore.hpp>
#include <oldfilm/shots.hpp>
#include <oldfilm/time.hpp>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace oldfilm {

/// The film that a project is about.
struct ProjectSource {
    /// As in `project.json`: relative to the folder of the project if the film lies next to that
    /// folder or below, otherwise absolute.
    std::string path;
    std::int64_t bytes = 0; ///< size of the file, or of all pictures of a sequence
    std::string checksum;   ///< of the content (XXH3, 64 bits, hexadecimal)
    std::string ends;       ///< likewise of the first and last MiB, which is quick to check
    std::int64_t frames = 0;
    std::int64_t width = 0, height = 0; ///< in pixels
    Rational rate;                      ///< frames per second; 0 if irregular
    /// Its pictures are combed: it is read with `ReadOptions::deinterlace`, and its frames are
    /// numbered as they come out then.
    bool deinterlace = false;
};

/// Consecutive frames between two cuts, and what is decided about them.
struct ProjectShot {
    std::string id;                   ///< stays the same when cuts move; letters, digits, - and _
    std::int64_t first = 0, last = 0; ///< frames of the film, both inclusive, from 0
    PictureKind kind = PictureKind::picture;
    bool excluded = false;             ///< only stages that change the size or the rate work on it
    std::vector<StageOverride> stages; ///< what stages do otherwise here; each id once
    std::string note;                  ///< for people
};

/// A part of the picture in some frames.
struct ProjectRegion {
    using Action = RegionAction;
    using Point = std::array<double, 2>; ///< x to the right, y down, in pixels of the source
    std::string id;
    Action action = Action::protect;
    std::int64_t first = 0, last = 0; ///< frames, both inclusive
    std::vector<Point> polygon;       ///< 3 corners or more; a box has 4
    std::string note;
};

/// Something that was decided, for the record.
struct ProjectDecision {
    std::string about;  ///< such as "colorize"
    std::string choice; ///< such as "off"
    std::string shot;   ///< id; empty: the film
    std::string reason;
    std::string by;   ///< "oldfilm", or a person
    std::string when; ///< ISO 8601
};

struct ProjectOptions {
    Pipeline pipeline; ///< its shots apply to the analysis; its stages are stored
    /// Short names of stages that `overrides_for` (analysis.hpp) may switch off in single shots, or
    /// set otherwise there.
    std::vector<std::string> decide_by_shot{"colorize", "face-enhance", "interpolate", "tint",
                                            "title-card"};
    std::stop_token stop;
    /// Called with the number of frames that were analyzed and of those expected (-1 if unknown);
    /// may be empty.
    std::function<void(std::int64_t done, std::int64_t total)> progress;
    Log log; ///< receives warnings
};

/// A project. A value: nothing is written before `save`. Not thread-safe while it is modified.
class OLDFILM_API Project {
  public:
    /// Analyzes `film` (decodes all of it) and describes it: shots, what they show, and what stages
    /// leave alone in some of them, with the reason (see `overrides_for`). Makes `folder` if it is
    /// not there, and saves. Throws `Error`: invalid_argument (the folder has a project),
    /// cancelled; as `Reader` and `Run` do.
    static Project create(const std::string& film, const std::string& folder,
                          const ProjectOptions& options);
    /// Reads `folder`/project.json. Throws `Error`: not_found; unreadable (not JSON) and
    /// invalid_argument (anything else), naming line and column; incompatible (a newer version).
    static Project open(const std::string& folder);
    /// Writes `folder`/project.json: to a temporary file that is synced and renamed. The same
    /// project gives the same bytes. Throws `Error`: io; incompatible if the file is no longer the
    /// one that was read, so that nobody's changes are lost.
    void save();

    [[nodiscard]] const std::string& folder() const;
    [[nodiscard]] const ProjectSource& source() const;
    /// Path of the film from the working directory, or absolute.
    [[nodiscard]] std::string source_path() const;
    /// Throws `Error` if the film is not there (not_found) or is another one by its size and the
    /// checksum of its ends (incompatible).
    void check_source() const;
    /// Sets the path of the film. Throws `Error` (incompatible) if the content differs from that
    /// of the source, unless `accept_changed`; its number of frames and size may not differ.
    void relink(const std::string& film, bool accept_changed = false);
    /// The result of the analysis as JSON text; see `FilmFacts::to_json`.
    [[nodiscard]] const std::string& facts() const;

    /// All shots in order, without gaps.
    [[nodiscard]] const std::vector<ProjectShot>& shots() const;
    /// Throws `Error` (not_found), as all functions with the id of a shot do.
    [[nodiscard]] const ProjectShot& shot(const std::string& id) const;
    /// Cuts a shot before `frame`. The second part has the settings of the first. Returns its id.
    /// Throws `Error` (invalid_argument) if `frame` is not inside the shot, or begins it.
    std::string split(const std::string& id, std::int64_t frame);
    /// Joins a shot and the next one, whose id and settings are dropped. Throws `Error`
    /// (invalid_argument) for the last one.
    void merge(const std::string& id);
    /// Moves the cut before a shot: it begins at `first` then. Throws `Error` (invalid_argument)
    /// for the first shot, and if a shot would have no frame left.
    void shift(const std::string& id, std::int64_t first);
    /// Sets all cuts. A shot that begins in an earlier one takes its settings, and its id if it is
    /// the first to do so. Throws `Error` (invalid_argument) if frames do not increase, or lie
    /// outside the film.
    void set_cuts(const std::vector<std::int64_t>& first_frames);
    /// Replaces what is decided about a shot: kind, excluded, stages and note. Throws `Error`
    /// (invalid_argument) if its frames differ, or if a stage is named twice.
    void update(const ProjectShot& shot);

    [[nodiscard]] const std::vector<ProjectRegion>& regions() const;
    /// Throws `Error` (invalid_argument) for frames or corners outside the film, and for ids that
    /// are there twice.
    void set_regions(std::vector<ProjectRegion> regions);
    [[nodiscard]] const std::vector<ProjectDecision>& decisions() const;
    void add_decision(ProjectDecision decision);

    /// The stages of the project, with its shots and what they override. `options`: where and how
    /// they run; its shots are not used. Throws `Error` as `Pipeline::from_json` does.
    [[nodiscard]] Pipeline pipeline(const PipelineOptions& options = {}) const;
    /// Replaces the stages of the project.
    void set_pipeline(const Pipeline& pipeline);

    [[nodiscard]] std::string to_json() const; ///< the text of project.json
    /// A CMX 3600 edit decision list with an event for each shot. Throws `Error` (unsupported) if
    /// the rate is irregular.
    [[nodiscard]] std::string to_edl() const;
    /// An OpenTimelineIO timeline (JSON) with a clip for each shot, and its id, kind and settings
    /// as metadata. Throws likewise.
    [[nodiscard]] std::string to_otio() const;

    Project(const Project&);
    Project& operator=(const Project&);
    Project(Project&&) noexcept;
    Project& operator=(Project&&) noexcept;
    ~Project();

  private:
    struct Impl;
    explicit Project(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// Restores the film of a project into the file `output`, as `restore` of a file does. `machine`:
/// device, precision, memory and the like; its shots and regions are not used. The regions of the
/// project, and the boxes of rejected repairs, are `PipelineOptions::regions`. The ledger of the
/// project (see ledger.hpp) then describes this rendering. Throws `Error` as
/// `Project::check_source`, `Project::pipeline` and `restore` do.
OLDFILM_API RestoreResult restore(const Project& project, const std::string& output,
                                  const PipelineOptions& machine = {},
                                  const RestoreOptions& options = {});

/// The pipeline with which `restore` renders a project: its stages and shots, with the stages off
/// where a shot is excluded, its regions, and rejected repairs. Throws `Error` as
/// `Project::pipeline`, `Ledger` and `Reader` do.
[[nodiscard]] OLDFILM_API Pipeline rendering_pipeline(const Project& project,
                                                      const PipelineOptions& machine = {});

/// What a project was rendered to.
struct ProjectRendering {
    std::string output;     ///< path from the working directory, or absolute
    std::int64_t bytes = 0; ///< size of the output; 0 if it is not a file
    std::string codec;      ///< as `RestoreOptions::codec`
    std::optional<int> crf; ///< as `RestoreOptions::crf`
    std::string evidence;   ///< path of the evidence film, as of the output; empty: none
    std::string begun;      ///< UTC, ISO 8601
    std::string finished;   ///< likewise; empty: it is in progress, or was stopped
};

/// The last rendering of a project, which `restore` notes in `folder`/rendering.json; empty if
/// there is none. Throws `Error` (unreadable) naming line and column.
[[nodiscard]] OLDFILM_API std::optional<ProjectRendering> last_rendering(const Project& project);

} // namespace oldfilm
