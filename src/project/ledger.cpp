#include "base/hidden.hpp"
#include "project/clock.hpp"
#include "project/ledger_schema.hpp"
#include "project/ledger_shots.hpp"
#include "project/repair_rows.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/ledger.hpp>
#include <oldfilm/project.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>
#include <utility>

namespace oldfilm {

struct OLDFILM_HIDDEN Ledger::Impl {
    project::Database database;
};

namespace {

using project::Statement;

/// The condition of the index of judged repairs, as SQLite needs it to use that.
constexpr const char* judged = " AND r.decision <> 'automatic'";

/// The filter's conditions on `r` and `s`, and the values of their parameters.
class Conditions {
  public:
    explicit Conditions(const RepairFilter& filter) {
        if (!filter.ids.empty()) {
            sql_ += fmt::format(" AND r.id IN ({})", fmt::join(filter.ids, ", "));
        }
        add(" AND r.frame >= ?", filter.first);
        add(" AND r.frame <= ?", filter.last);
        add(" AND r.series = ?", filter.series);
        if (filter.present) {
            sql_ += *filter.present ? " AND r.present" : " AND NOT r.present";
        }
        if (!filter.shot.empty()) {
            add(" AND s.id = ?", filter.shot);
        }
        if (filter.kind) {
            add(" AND r.kind = ?", to_string(*filter.kind));
        }
        if (filter.decision) {
            sql_ += *filter.decision == RepairDecision::automatic ? "" : judged;
            add(" AND r.decision = ?", to_string(*filter.decision));
        }
    }
    [[nodiscard]] const std::string& sql() const { return sql_; }
    /// From parameter `first` on.
    void bind(Statement& statement, int first) const {
        for (const auto& value : values_) {
            std::visit([&](const auto& one) { statement.bind(first++, one); }, value);
        }
    }

  private:
    void add(const char* sql, const std::optional<std::int64_t>& value) {
        if (value) {
            sql_ += sql;
            values_.emplace_back(*value);
        }
    }
    void add(const char* sql, std::string value) {
        sql_ += sql;
        values_.emplace_back(std::move(value));
    }

    std::string sql_;
    std::vector<std::variant<std::int64_t, std::string>> values_;
};

/// The shots come first, so that their frames are looked up in the index. Without a shot that is
/// asked for, repairs of frames that no shot has are there, too.
std::string joined(const RepairFilter& filter) {
    return filter.shot.empty()
               ? "repairs r LEFT JOIN shots s ON s.first = (SELECT max(first) FROM shots WHERE "
                 "first <= r.frame)"
               : "shots s CROSS JOIN repairs r ON r.frame BETWEEN s.first AND s.last";
}

std::int64_t count(project::Database& database, const std::string& shot, const char* condition) {
    RepairFilter filter;
    filter.shot = shot;
    const Conditions conditions(filter);
    Statement select(database, fmt::format("SELECT count(*) FROM {} WHERE {}{}",
                                           shot.empty() ? "repairs r" : joined(filter), condition,
                                           conditions.sql()));
    conditions.bind(select, 0);
    select.step();
    return select.integer(0);
}

} // namespace

namespace {

/// Makes shares of pixels.
void normalize(RepairTotals& totals) {
    const double sum = std::accumulate(totals.evidence.begin(), totals.evidence.end(), 0.0);
    for (double& share : totals.evidence) {
        share = sum > 0 ? share / sum : 0;
    }
}

void add_evidence(RepairTotals& totals, const std::string& kind, std::int64_t pixels) {
    for (const Evidence one : all_evidence) {
        if (kind == to_string(one)) {
            totals.evidence.at(static_cast<std::size_t>(one)) = static_cast<double>(pixels);
        }
    }
}

} // namespace

Ledger::Ledger(const std::string& folder) {
    const Project project = Project::open(folder);
    impl_ = std::make_unique<Impl>(Impl{project::open_ledger(folder)});
    project::store_shots(impl_->database, project.shots());
}

Ledger::~Ledger() = default;
Ledger::Ledger(Ledger&&) noexcept = default;
Ledger& Ledger::operator=(Ledger&&) noexcept = default;

std::vector<Repair> Ledger::list(const RepairFilter& filter) const {
    const Conditions conditions(filter);
    Statement select(impl_->database,
                     fmt::format("SELECT {}, coalesce(s.id, '') FROM {} WHERE true{} ORDER BY "
                                 "r.frame, r.id LIMIT {}",
                                 project::repair_columns, joined(filter), conditions.sql(),
                                 filter.most));
    conditions.bind(select, 0);
    std::vector<Repair> repairs;
    constexpr int shot_column = 17;
    while (select.step()) {
        repairs.push_back(project::repair_from(select));
        repairs.back().shot = select.text(shot_column);
    }
    return repairs;
}

std::int64_t Ledger::decide(const RepairFilter& filter, RepairDecision decision,
                            const std::string& by) {
    const Conditions conditions(filter);
    project::Transaction transaction(impl_->database);
    Statement update(impl_->database,
                     fmt::format("UPDATE repairs SET decision = ?, decided_by = ?, decided_at = ? "
                                 "WHERE id IN (SELECT r.id FROM {} WHERE true{} ORDER BY r.frame, "
                                 "r.id LIMIT {})",
                                 joined(filter), conditions.sql(), filter.most));
    const bool is_judged = decision != RepairDecision::automatic;
    update.bind(0, std::string(to_string(decision))).bind(1, is_judged ? by : std::string());
    update.bind(2, is_judged ? project::now() : std::string());
    conditions.bind(update, 3);
    update.run();
    const std::int64_t changed = impl_->database.changes();
    transaction.commit();
    return changed;
}

RepairTotals Ledger::totals(const std::string& shot) const {
    RepairTotals totals;
    const char* frames = "SELECT count(*), coalesce(1.0 * sum(repaired) / sum(pixels), 0) FROM "
                         "frames f";
    const char* of_shot = " WHERE f.frame BETWEEN (SELECT first FROM shots WHERE id = ?1) AND "
                          "(SELECT last FROM shots WHERE id = ?1)";
    Statement select(impl_->database, std::string(frames) + (shot.empty() ? "" : of_shot));
    if (!shot.empty()) {
        select.bind(0, shot);
    }
    select.step();
    totals.frames = select.integer(0);
    totals.share = select.number(1).value_or(0);
    totals.repairs = count(impl_->database, shot, "r.present");
    totals.accepted =
        count(impl_->database, shot, "r.decision <> 'automatic' AND r.decision = 'accepted'");
    totals.rejected =
        count(impl_->database, shot, "r.decision <> 'automatic' AND r.decision = 'rejected'");
    Statement evidence(impl_->database,
                       shot.empty() ? "SELECT kind, pixels FROM film_evidence"
                                    : "SELECT kind, pixels FROM shot_evidence WHERE shot = ?");
    if (!shot.empty()) {
        evidence.bind(0, shot);
    }
    while (evidence.step()) {
        add_evidence(totals, evidence.text(0), evidence.integer(1));
    }
    normalize(totals);
    return totals;
}

std::map<std::string, RepairTotals> Ledger::totals_by_shot() const {
    std::map<std::string, RepairTotals> totals;
    Statement present(impl_->database,
                      "SELECT shot, frames, repairs, coalesce(share, 0) FROM shot_totals");
    while (present.step()) {
        RepairTotals& of_shot = totals[present.text(0)];
        of_shot.frames = present.integer(1);
        of_shot.repairs = present.integer(2);
        of_shot.share = present.number(3).value_or(0);
    }
    Statement decided(impl_->database,
                      fmt::format("SELECT s.id, r.decision = 'accepted', count(*) FROM {} WHERE "
                                  "true{} GROUP BY 1, 2",
                                  joined({}), judged));
    while (decided.step()) {
        const auto found = totals.find(decided.text(0));
        if (found != totals.end()) {
            (decided.integer(1) != 0 ? found->second.accepted : found->second.rejected) =
                decided.integer(2);
        }
    }
    Statement evidence(impl_->database, "SELECT shot, kind, pixels FROM shot_evidence");
    while (evidence.step()) {
        add_evidence(totals[evidence.text(0)], evidence.text(1), evidence.integer(2));
    }
    for (auto& [shot, of_shot] : totals) {
        normalize(of_shot);
    }
    return totals;
}

} // namespace oldfilm
