#pragma once
/// \file
/// A film restored by many machines that share a folder. docs/cluster.md describes the folder.

#include <oldfilm/export.hpp>
#include <oldfilm/log.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/restore.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace oldfilm {

/// How `ClusterJob::plan` divides a film.
struct ClusterPlanOptions {
    /// As for `restore`. `mask_out` names the mask film that `finish` writes. `overwrite`,
    /// `ignore_checkpoint` and `progress` are not used.
    RestoreOptions restore;
    std::string container = ".mkv"; ///< extension of the restored film
    /// Number of work items, 1 to 1000. Items are whole shots, so that there may be fewer. 0: so
    /// many that each takes about five minutes, by a measurement of the first frames.
    int items = 0;
    /// Seconds after which the claim of a worker that gave no sign of life expires, 2 to 3600.
    /// Workers give one four times as often.
    int claim_seconds = 120;
};

/// What one call of `ClusterJob::work` does.
struct ClusterWorkOptions {
    /// The item to restore. Empty: any that nobody else works on, until all are done.
    std::optional<int> item;
    /// Without an item: when others work on all that is left, waits for them, and takes over what
    /// they leave. False: returns then.
    bool wait = true;
    /// Also restores items that have failed `ClusterJob::most_failures` times.
    bool retry = false;
    /// Accepts a CPU with other instruction sets than that of the plan. Segments may then differ in
    /// the last bits from those of other workers.
    bool any_cpu = false;
    Log log;
    std::stop_token stop; ///< requests cancellation; complete segments stay
};

struct ClusterWorkResult {
    int items = 0;           ///< completed by this call
    std::int64_t frames = 0; ///< of the input, likewise, without what others had made of an item
    double seconds = 0;
};

struct ClusterFinishOptions {
    std::string mask_out; ///< file for the repair masks; empty: as planned
    bool overwrite = false;
    Log log;
    std::stop_token stop;
};

/// A worker whose claim has not expired.
struct ClusterWorker {
    std::string host;
    std::int64_t pid = 0;
    int item = 0;
    std::int64_t first = 0, next = 0; ///< frames of the item, [first, next)
    std::int64_t frames_done = 0;     ///< of the item, in complete segments
    double seconds = 0;               ///< since it claimed the item
    double silent = 0;                ///< since its last sign of life
};

/// An item whose last attempt failed.
struct ClusterFailure {
    int item = 0, failures = 0;
    std::string host, message;
};

struct ClusterStatus {
    std::int64_t frames = 0, frames_done = 0; ///< of the input
    int items = 0, items_done = 0;
    double seconds_per_frame = 0; ///< of one worker, over all complete segments; 0 if unknown
    double eta = -1;              ///< seconds, with the workers of now; -1 if unknown
    std::vector<ClusterWorker> workers;
    std::vector<ClusterFailure> failures; ///< of items that are not done
    std::vector<int> open;                ///< items that are not done
};

/// A job whose plan, segments and claims are in a folder that all machines see under any path.
/// Nothing but files is needed: no server, no locks. Claims are files that only one worker can
/// create (O_EXCL); segments get their name by a rename when they are complete and synced. Two
/// workers on one item write the same bytes. Not thread-safe; use an object for each thread, as
/// many as you like for one folder.
class OLDFILM_API ClusterJob {
  public:
    static constexpr int most_failures = 3; ///< after which an item waits for a person

    /// Scans the film `input` once, decides what is decided before a film is restored, restores the
    /// first frames as a trial, and writes the plan into `folder`, which is new or empty. The
    /// number of threads of each worker is that of LibTorch now (`at::get_num_threads`). Throws
    /// `Error` as `restore` does; unsupported for what is not restored in segments (pipes, URLs,
    /// y4m), pipelines without stages, stages of the program itself, and several devices.
    static ClusterJob plan(const std::string& input, const std::string& folder,
                           const Pipeline& pipeline, const ClusterPlanOptions& options = {});
    /// Reads the plan in `folder`. Throws `Error`: not_found, unreadable, incompatible (another
    /// version of oldfilm made it).
    static ClusterJob open(const std::string& folder);
    ~ClusterJob();
    ClusterJob(ClusterJob&&) noexcept;
    ClusterJob& operator=(ClusterJob&&) noexcept;

    [[nodiscard]] const std::string& folder() const;
    [[nodiscard]] const std::string& input() const; ///< absolute
    [[nodiscard]] int items() const;
    [[nodiscard]] int threads() const; ///< of LibTorch, for each worker
    [[nodiscard]] const std::string& container() const;

    /// Restores items into segments. What is complete is not made again; of an item that a worker
    /// left in the middle, only the segments that are missing. Throws `Error`: incompatible, naming
    /// the difference, if the film, the plugins, the models, the version of oldfilm, the number of
    /// threads or the CPU are not those of the plan; invalid_argument for an item that there is
    /// not; stage_failed if items are left that have failed `most_failures` times; what made an
    /// item fail, which is recorded in the folder.
    ClusterWorkResult work(const ClusterWorkOptions& options = {});
    /// Checks all segments and publishes the film, which equals to the byte what `restore` makes
    /// with the same number of threads. Needs no plugins and no device. Throws `Error`: not_found,
    /// naming the items, if segments are missing or damaged (the latter are then made again by
    /// `work`); as `restore` for the output. May be called again after an interruption.
    RestoreResult finish(const std::string& output, const ClusterFinishOptions& options = {});
    /// Reads what workers have written; takes part in nothing.
    [[nodiscard]] ClusterStatus status() const;

    struct Impl;

  private:
    explicit ClusterJob(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace oldfilm
