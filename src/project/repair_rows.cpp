#include "project/repair_rows.hpp"

#include "base/named.hpp"

#include <fmt/format.h>

#include <array>

namespace oldfilm {
namespace project {
namespace {

constexpr std::array repair_kinds{RepairKind::unknown, RepairKind::dust, RepairKind::hair,
                                  RepairKind::running_scratch, RepairKind::stain};
constexpr std::array sources{RepairSource::unknown, RepairSource::neighbors, RepairSource::network};
constexpr std::array decisions{RepairDecision::automatic, RepairDecision::accepted,
                               RepairDecision::rejected};

} // namespace

Repair repair_from(const Statement& row) {
    Repair repair;
    repair.id = row.integer(0);
    repair.series = row.integer(1);
    repair.stage = row.text(2);
    repair.frame = row.integer(3);
    repair.left = row.integer(4);
    repair.top = row.integer(5);
    repair.width = row.integer(6);
    repair.height = row.integer(7);
    repair.area = row.integer(8);
    repair.kind = base::named(row.text(9), repair_kinds).value_or(repair_kinds.front());
    repair.source = base::named(row.text(10), sources).value_or(sources.front());
    repair.confidence = row.number(11);
    repair.mean_change = row.number(12);
    repair.decision = base::named(row.text(13), decisions).value_or(decisions.front());
    repair.by = row.text(14);
    repair.when = row.text(15);
    repair.present = row.integer(16) != 0;
    return repair;
}

std::vector<Repair> repairs_in(Database& database, std::int64_t first, std::int64_t next) {
    Statement select(database, fmt::format("SELECT {} FROM repairs r WHERE r.frame >= ? AND "
                                           "r.frame < ? ORDER BY r.frame, r.id",
                                           repair_columns));
    select.bind(0, first).bind(1, next);
    std::vector<Repair> repairs;
    while (select.step()) {
        repairs.push_back(repair_from(select));
    }
    return repairs;
}

RepairRows::RepairRows(Database& database)
    : put_(database, "INSERT OR REPLACE INTO repairs VALUES "
                     "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      remove_(database, "DELETE FROM repairs WHERE id = ?") {}

void RepairRows::put(const Repair& repair) {
    put_.bind(0, repair.id).bind(1, repair.series).bind(2, repair.stage).bind(3, repair.frame);
    put_.bind(4, repair.left).bind(5, repair.top).bind(6, repair.width).bind(7, repair.height);
    put_.bind(8, repair.area).bind(9, std::string(to_string(repair.kind)));
    put_.bind(10, std::string(to_string(repair.source))).bind(11, repair.confidence);
    put_.bind(12, repair.mean_change).bind(13, std::string(to_string(repair.decision)));
    put_.bind(14, repair.by).bind(15, repair.when);
    put_.bind(16, static_cast<std::int64_t>(repair.present)).run();
}

void RepairRows::remove(std::int64_t id) {
    remove_.bind(0, id).run();
}

} // namespace project

const char* to_string(RepairKind kind) {
    switch (kind) {
    case RepairKind::dust:
        return "dust";
    case RepairKind::hair:
        return "hair";
    case RepairKind::running_scratch:
        return "running_scratch";
    case RepairKind::stain:
        return "stain";
    case RepairKind::unknown:
        break;
    }
    return "unknown";
}

const char* to_string(RepairSource source) {
    switch (source) {
    case RepairSource::neighbors:
        return "neighbors";
    case RepairSource::network:
        return "network";
    case RepairSource::unknown:
        break;
    }
    return "unknown";
}

const char* to_string(RepairDecision decision) {
    switch (decision) {
    case RepairDecision::accepted:
        return "accepted";
    case RepairDecision::rejected:
        return "rejected";
    case RepairDecision::automatic:
        break;
    }
    return "automatic";
}

} // namespace oldfilm
