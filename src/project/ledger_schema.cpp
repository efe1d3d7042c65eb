#include "project/ledger_schema.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

namespace oldfilm::project {
namespace {

/// "oldf", so that tools such as file(1) can tell.
constexpr std::int64_t application = 0x6f6c6466;

/// What version 1 has.
constexpr const char* tables = R"(
CREATE TABLE repairs (
    id INTEGER PRIMARY KEY,
    series INTEGER NOT NULL,
    stage TEXT NOT NULL,
    frame INTEGER NOT NULL,
    x INTEGER NOT NULL,
    y INTEGER NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    area INTEGER NOT NULL,
    kind TEXT NOT NULL
        CHECK (kind IN ('unknown', 'dust', 'hair', 'running_scratch', 'stain')),
    source TEXT NOT NULL CHECK (source IN ('unknown', 'neighbors', 'network')),
    confidence REAL,
    mean_change REAL,
    decision TEXT NOT NULL DEFAULT 'automatic'
        CHECK (decision IN ('automatic', 'accepted', 'rejected')),
    decided_by TEXT NOT NULL DEFAULT '',
    decided_at TEXT NOT NULL DEFAULT '',
    present INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX repairs_by_frame ON repairs (frame, id);
CREATE INDEX repairs_by_series ON repairs (series);
CREATE INDEX repairs_judged ON repairs (decision) WHERE decision <> 'automatic';
CREATE TABLE frames (
    frame INTEGER PRIMARY KEY,
    repaired INTEGER NOT NULL,
    pixels INTEGER NOT NULL
);
CREATE TABLE shots (
    id TEXT NOT NULL PRIMARY KEY,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    kind TEXT NOT NULL
);
CREATE UNIQUE INDEX shots_by_first ON shots (first);
CREATE VIEW shot_repairs AS
    SELECT s.id AS shot, r.* FROM shots s JOIN repairs r ON r.frame BETWEEN s.first AND s.last;
CREATE VIEW shot_totals AS
    SELECT s.id AS shot, s.kind AS kind,
        (SELECT count(*) FROM frames f WHERE f.frame BETWEEN s.first AND s.last) AS frames,
        (SELECT count(*) FROM repairs r
            WHERE r.frame BETWEEN s.first AND s.last AND r.present) AS repairs,
        (SELECT 1.0 * sum(f.repaired) / sum(f.pixels) FROM frames f
            WHERE f.frame BETWEEN s.first AND s.last) AS share
    FROM shots s ORDER BY s.first;
CREATE VIEW kind_totals AS
    SELECT kind, decision, count(*) AS repairs, count(DISTINCT series) AS series,
        sum(area) AS area
    FROM repairs WHERE present GROUP BY kind, decision;
CREATE VIEW film_totals AS
    SELECT count(*) AS frames, sum(repaired) AS repaired, sum(pixels) AS pixels,
        1.0 * sum(repaired) / sum(pixels) AS share
    FROM frames;
)";

/// What version 2 adds.
constexpr const char* evidence_tables = R"(
CREATE TABLE evidence (
    frame INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('original', 'resampled', 'recolored', 'recovered',
        'filled', 'synthesized')),
    pixels INTEGER NOT NULL,
    PRIMARY KEY (frame, kind)
) WITHOUT ROWID;
CREATE VIEW shot_evidence AS
    SELECT s.id AS shot, e.kind AS kind, sum(e.pixels) AS pixels
    FROM shots s JOIN evidence e ON e.frame BETWEEN s.first AND s.last GROUP BY s.id, e.kind;
CREATE VIEW film_evidence AS
    SELECT kind, sum(pixels) AS pixels,
        1.0 * sum(pixels) / (SELECT sum(pixels) FROM evidence) AS share
    FROM evidence GROUP BY kind;
)";

std::int64_t pragma(Database& database, const char* name) {
    Statement statement(database, fmt::format("PRAGMA {}", name));
    statement.step();
    return statement.integer(0);
}

bool is_empty(Database& database) {
    Statement statement(database, "SELECT count(*) FROM sqlite_schema");
    statement.step();
    return statement.integer(0) == 0;
}

} // namespace

Database open_ledger(const std::filesystem::path& folder) {
    const std::filesystem::path path = folder / "ledger.sqlite";
    Database database(path);
    Transaction transaction(database); // of two programs, one makes the tables
    if (is_empty(database)) {
        database.execute(tables);
        database.execute(
            fmt::format("PRAGMA application_id = {}; PRAGMA user_version = 1", application)
                .c_str());
    } else if (pragma(database, "application_id") != application) {
        throw Error(Errc::unreadable,
                    fmt::format("{} is another program's database; move it away", path.string()));
    }
    const std::int64_t version = pragma(database, "user_version");
    if (version > ledger_version) {
        throw Error(Errc::incompatible,
                    fmt::format("{} has version {}, and this oldfilm reads versions up to {}; use "
                                "a newer oldfilm",
                                path.string(), version, ledger_version));
    }
    if (version < 2) {
        database.execute(evidence_tables);
    }
    if (version < ledger_version) {
        database.execute(fmt::format("PRAGMA user_version = {}", ledger_version).c_str());
    }
    transaction.commit();
    return database;
}

} // namespace oldfilm::project
