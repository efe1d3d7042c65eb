#include "project/ledger_writer.hpp"

#include "project/repair_rows.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace oldfilm::project {
namespace {

constexpr double same_repair = 0.5; // overlap of boxes

std::int64_t next_id_of(Database& database) {
    Statement select(database, "SELECT coalesce(max(id), 0) + 1 FROM repairs");
    select.step();
    return select.integer(0);
}

} // namespace

/// One call of `replace`.
class LedgerWriter::Replacement {
  public:
    Replacement(LedgerWriter& writer, std::vector<FrameRepairs>& frames)
        : writer_(writer), database_(writer.database_), rows_(writer.database_),
          evidence_gone_(database_, "DELETE FROM evidence WHERE frame = ?"),
          evidence_row_(database_, "INSERT INTO evidence VALUES (?, ?, ?)"), frames_(frames),
          first_(frames.front().frame), next_(frames.back().frame + 1),
          next_id_(next_id_of(writer.database_)) {}

    void run() {
        inherit();
        link();
        classify();
        write();
    }

  private:
    /// Ids and decisions of the same repairs of earlier renderings.
    void inherit();
    void inherit(Repair& repair, std::vector<Repair>& before);
    /// Puts repairs that belong together into one series.
    void link();
    void count(const Repair& repair) { series_frames_[repair.series].insert(repair.frame); }
    /// Frames of a series before these.
    std::int64_t frames_before(std::int64_t series);
    void classify();
    void write();
    void write_evidence(const FrameRepairs& frame);

    LedgerWriter& writer_;
    Database& database_;
    RepairRows rows_;
    Statement evidence_gone_, evidence_row_;
    std::vector<FrameRepairs>& frames_;
    std::int64_t first_, next_, next_id_;
    std::map<std::int64_t, Repair> old_; ///< by id; what is left of them is gone
    std::map<std::int64_t, std::set<std::int64_t>> series_frames_;
    std::map<std::int64_t, RepairKind> earlier_kinds_; ///< of series that began before
};

void LedgerWriter::Replacement::inherit(Repair& repair, std::vector<Repair>& before) {
    auto best = before.end();
    double most = same_repair;
    for (auto old = before.begin(); old != before.end(); ++old) {
        // What was rejected is not made again in its box: what is made next to it is another.
        if (old->decision != RepairDecision::rejected && old->stage == repair.stage &&
            overlap(*old, repair) >= most) {
            most = overlap(*old, repair);
            best = old;
        }
    }
    if (best == before.end()) {
        repair.id = next_id_++;
        return;
    }
    repair.id = best->id;
    repair.decision = best->decision;
    repair.by = best->by;
    repair.when = best->when;
    old_.erase(best->id);
    before.erase(best);
}

void LedgerWriter::Replacement::inherit() {
    std::map<std::int64_t, std::vector<Repair>> by_frame;
    for (Repair& repair : repairs_in(database_, first_, next_)) {
        by_frame[repair.frame].push_back(repair);
        old_.emplace(repair.id, std::move(repair));
    }
    for (FrameRepairs& frame : frames_) {
        // The same order gives the same ids.
        std::sort(frame.repairs.begin(), frame.repairs.end(), [](const Repair& a, const Repair& b) {
            return std::pair(a.top, a.left) < std::pair(b.top, b.left);
        });
        for (Repair& repair : frame.repairs) {
            inherit(repair, by_frame[frame.frame]);
        }
    }
}

void LedgerWriter::Replacement::link() {
    std::vector<Repair> before = repairs_in(database_, first_ - 1, first_);
    std::erase_if(before, [](const Repair& repair) { return !repair.present; });
    for (FrameRepairs& frame : frames_) {
        if (std::binary_search(writer_.cuts_.begin(), writer_.cuts_.end(), frame.frame)) {
            before.clear();
        }
        const std::size_t earlier = before.size();
        for (Repair& repair : frame.repairs) {
            const auto found = std::find_if(before.begin(), before.end(), [&](const Repair& one) {
                return continues(repair, one, writer_.size_);
            });
            repair.series = found == before.end() ? repair.id : found->series;
            count(repair);
            before.push_back(repair); // pieces of a line in one frame belong together
        }
        before.erase(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(earlier));
    }
}

std::int64_t LedgerWriter::Replacement::frames_before(std::int64_t series) {
    Statement select(database_, "SELECT count(DISTINCT frame) FROM repairs WHERE series = ? AND "
                                "frame < ? AND present");
    select.bind(0, series).bind(1, first_).step();
    return select.integer(0);
}

void LedgerWriter::Replacement::classify() {
    std::set<std::int64_t> own;
    for (const FrameRepairs& frame : frames_) {
        for (const Repair& repair : frame.repairs) {
            own.insert(repair.id);
        }
    }
    std::map<std::int64_t, std::int64_t> lengths;
    for (const auto& [series, frames] : series_frames_) {
        lengths[series] = static_cast<std::int64_t>(frames.size()) +
                          (own.contains(series) ? 0 : frames_before(series));
    }
    for (FrameRepairs& frame : frames_) {
        for (Repair& repair : frame.repairs) {
            repair.kind = kind_of(repair, lengths[repair.series], writer_.size_);
            if (!own.contains(repair.series)) {
                earlier_kinds_[repair.series] = repair.kind;
            }
        }
    }
}

void LedgerWriter::Replacement::write_evidence(const FrameRepairs& frame) {
    evidence_gone_.bind(0, frame.frame).run();
    for (const Evidence kind : all_evidence) {
        const std::int64_t pixels = frame.evidence.at(static_cast<std::size_t>(kind));
        if (pixels > 0) {
            evidence_row_.bind(0, frame.frame).bind(1, std::string(to_string(kind)));
            evidence_row_.bind(2, pixels).run();
        }
    }
}

void LedgerWriter::Replacement::write() {
    for (auto& [id, repair] : old_) {
        if (repair.decision == RepairDecision::automatic) {
            rows_.remove(id);
        } else if (std::exchange(repair.present, false)) {
            rows_.put(repair); // a person's judgment stays
        }
    }
    Statement frame_row(database_, "INSERT OR REPLACE INTO frames VALUES (?, ?, ?)");
    for (const FrameRepairs& frame : frames_) {
        std::int64_t repaired = 0;
        for (const Repair& repair : frame.repairs) {
            rows_.put(repair);
            repaired += repair.area;
        }
        frame_row.bind(0, frame.frame).bind(1, repaired);
        frame_row.bind(2, writer_.size_.width * writer_.size_.height).run();
        write_evidence(frame);
    }
    Statement update(database_, "UPDATE repairs SET kind = ? WHERE series = ? AND frame < ?");
    for (const auto& [series, kind] : earlier_kinds_) {
        update.bind(0, std::string(to_string(kind))).bind(1, series).bind(2, first_).run();
    }
}

LedgerWriter::LedgerWriter(Database& database, PictureSize size, std::vector<std::int64_t> cuts)
    : database_(database), size_(size), cuts_(std::move(cuts)) {}

void LedgerWriter::replace(std::vector<FrameRepairs> frames) {
    if (frames.empty()) {
        return;
    }
    Transaction transaction(database_);
    Replacement(*this, frames).run();
    transaction.commit();
}

} // namespace oldfilm::project
