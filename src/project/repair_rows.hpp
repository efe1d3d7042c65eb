#pragma once
/// \file
/// Rows of the ledger's table of repairs.

#include "project/database.hpp"

#include <oldfilm/ledger.hpp>

#include <cstdint>
#include <vector>

namespace oldfilm::project {

/// The columns that `repair_from` reads, of the table or view `r`; no shot.
constexpr const char* repair_columns =
    "r.id, r.series, r.stage, r.frame, r.x, r.y, r.width, r.height, r.area, r.kind, r.source, "
    "r.confidence, r.mean_change, r.decision, r.decided_by, r.decided_at, r.present";

Repair repair_from(const Statement& row);

/// Those of frames [first, next), by frames and ids.
std::vector<Repair> repairs_in(Database& database, std::int64_t first, std::int64_t next);

/// Writes rows of one database, over rows of the same id.
class RepairRows {
  public:
    explicit RepairRows(Database& database);
    void put(const Repair& repair);
    void remove(std::int64_t id);

  private:
    Statement put_, remove_;
};

} // namespace oldfilm::project
