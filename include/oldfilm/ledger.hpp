#pragma once
/// \file
/// The ledger of a project: a row for each repair that a rendering made, and what a person decided
/// about it. docs/ledger.md documents the database.

#include <oldfilm/evidence.hpp>
#include <oldfilm/export.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace oldfilm {

/// What a repair removed, by its shape and how long it stays; see docs/ledger.md.
enum class RepairKind : std::uint8_t { unknown, dust, hair, running_scratch, stain };

/// Where the new samples come from.
enum class RepairSource : std::uint8_t {
    unknown,   ///< not reported by the stage
    neighbors, ///< other frames
    network,   ///< the output of a model
};

enum class RepairDecision : std::uint8_t {
    automatic, ///< nobody has judged it
    accepted,
    rejected,
};

/// Connected pixels of a frame that a stage repaired.
struct Repair {
    std::int64_t id = 0; ///< stays the same when the film is rendered again
    /// The same for repairs that belong together over frames: the id of the first one.
    std::int64_t series = 0;
    std::string shot;                                      ///< id in the project
    std::string stage;                                     ///< short name; empty if unknown
    std::int64_t frame = 0;                                ///< of the film, from 0
    std::int64_t left = 0, top = 0, width = 0, height = 0; ///< box around it, in pixels
    std::int64_t area = 0;                                 ///< pixels
    RepairKind kind = RepairKind::unknown;
    RepairSource source = RepairSource::unknown;
    std::optional<double> confidence;  ///< in [0, 1]; empty if unknown
    std::optional<double> mean_change; ///< of luma, absolute, in [0, 1]; empty if unknown
    RepairDecision decision = RepairDecision::automatic;
    std::string by, when; ///< who decided, and the time in UTC (ISO 8601)
    /// Whether the last rendering of the frame made it. Judged repairs are retained if not.
    bool present = true;
};

/// Which repairs are meant: those for which all that is set holds.
struct RepairFilter {
    std::vector<std::int64_t> ids;
    std::string shot; ///< id
    std::optional<std::int64_t> first, last, series;
    std::optional<RepairKind> kind;
    std::optional<RepairDecision> decision;
    std::optional<bool> present;
    std::int64_t most = -1; ///< at most so many; -1: all
};

/// Totals of a film or a shot.
struct RepairTotals {
    std::int64_t frames = 0;  ///< that were rendered
    std::int64_t repairs = 0; ///< that are present
    std::int64_t accepted = 0, rejected = 0;
    double share = 0; ///< of the pixels of these frames, repaired; in [0, 1]
    /// Share of each kind of `Evidence`, by its number: of the pixels of these frames before a
    /// stage changes size or rate. All 0 if not known.
    std::array<double, evidence_kinds> evidence{};
    [[nodiscard]] double share_of(Evidence kind) const {
        return evidence.at(static_cast<std::size_t>(kind));
    }
};

/// The ledger of a project. Several programs may use it at the same time. Not thread-safe: one
/// object a thread. All functions throw `Error` (io, unreadable) if the database fails.
class OLDFILM_API Ledger {
  public:
    /// Opens `folder`/ledger.sqlite; makes it if the folder has a project and no ledger. Throws
    /// `Error`: as `Project::open` does; incompatible (a newer version); unreadable (no ledger).
    explicit Ledger(const std::string& folder);
    ~Ledger();
    Ledger(Ledger&&) noexcept;
    Ledger& operator=(Ledger&&) noexcept;

    /// In the order of frames and ids.
    [[nodiscard]] std::vector<Repair> list(const RepairFilter& filter = {}) const;
    /// Sets the decision of these repairs; that they are on the disk when this returns. Returns how
    /// many there are. `by`: who decides.
    std::int64_t decide(const RepairFilter& filter, RepairDecision decision, const std::string& by);
    /// Of the film; with the id of a shot, of that.
    [[nodiscard]] RepairTotals totals(const std::string& shot = "") const;
    /// Of all shots, by their ids.
    [[nodiscard]] std::map<std::string, RepairTotals> totals_by_shot() const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Names as in the database: "running_scratch", "neighbors", "accepted".
OLDFILM_API const char* to_string(RepairKind kind);
OLDFILM_API const char* to_string(RepairSource source);
OLDFILM_API const char* to_string(RepairDecision decision);

} // namespace oldfilm
