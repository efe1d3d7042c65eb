// The ledger: rows that a rendering writes again and again, and decisions that stay.
#include "project/database.hpp"
#include "project/ledger_schema.hpp"
#include "project/ledger_writer.hpp"
#include "project/repair_rows.hpp"
#include "run_program.hpp"

#include <oldfilm/error.hpp>

#include <catch2/catch.hpp>

#include <fstream>
#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::project;
using Catch::Contains;

namespace {

Repair box(std::int64_t left, std::int64_t top, std::int64_t width, std::int64_t height,
           std::int64_t area = 0) {
    Repair repair;
    repair.stage = "scratch-removal";
    repair.left = left;
    repair.top = top;
    repair.width = width;
    repair.height = height;
    repair.area = area > 0 ? area : width * height;
    return repair;
}

/// The same repairs in frames [first, next).
std::vector<FrameRepairs> frames(std::int64_t first, std::int64_t next,
                                 const std::vector<Repair>& repairs) {
    std::vector<FrameRepairs> all;
    for (std::int64_t frame = first; frame < next; ++frame) {
        all.push_back({frame, repairs});
        for (Repair& repair : all.back().repairs) {
            repair.frame = frame;
        }
    }
    return all;
}

struct Book : test::Scratch {
    explicit Book(std::vector<std::int64_t> cuts = {0})
        : database(open_ledger(path())), writer(database, {320, 240}, std::move(cuts)) {}
    [[nodiscard]] std::vector<Repair> all() { return repairs_in(database, 0, 1000); }
    [[nodiscard]] std::int64_t number(const std::string& sql) {
        Statement select(database, sql);
        REQUIRE(select.step());
        return select.integer(0);
    }
    Database database;
    LedgerWriter writer;
};

std::string text(const std::vector<Repair>& repairs) {
    std::string all;
    for (const Repair& repair : repairs) {
        all += std::to_string(repair.id) + "/" + std::to_string(repair.series) + "@" +
               std::to_string(repair.frame) + " " + to_string(repair.kind) + "\n";
    }
    return all;
}

} // namespace

TEST_CASE("the same rendering again leaves the same rows") {
    Book book;
    const auto rows = frames(0, 3, {box(10, 10, 4, 4), box(100, 50, 3, 200)});
    book.writer.replace(rows);
    const std::string once = text(book.all());
    CHECK(once == "1/1@0 stain\n2/2@0 running_scratch\n3/1@1 stain\n4/2@1 running_scratch\n"
                  "5/1@2 stain\n6/2@2 running_scratch\n"
                  "");
    book.writer.replace(rows);
    CHECK(text(book.all()) == once);
    book.writer.replace(frames(1, 2, {box(100, 50, 3, 200)}));
    CHECK(book.all().size() == 5);
    CHECK(book.number("SELECT count(*) FROM frames") == 3);
    CHECK(book.number("SELECT sum(repaired) FROM frames") == 3 * 600 + 2 * 16);
}

TEST_CASE("series go on in the next segment, and end at a cut") {
    const std::vector<Repair> scratch{box(100, 0, 2, 200)};
    Book book({0, 10});
    book.writer.replace(frames(0, 1, scratch));
    CHECK(text(book.all()) == "1/1@0 hair\n"); // a line in one frame
    book.writer.replace(frames(1, 4, scratch));
    CHECK(book.number("SELECT count(*) FROM repairs WHERE series = 1 AND kind = "
                      "'running_scratch'") == 4);
    book.writer.replace(frames(9, 10, scratch)); // frames 4 to 8 were not rendered
    CHECK(book.all().back().series == 5);
    book.writer.replace(frames(10, 12, scratch));
    CHECK(book.all().back().series == 6);
    // Pieces of a line in one frame, and one next to it.
    book.writer.replace(frames(20, 21, {box(50, 0, 2, 60), box(51, 80, 2, 60), box(70, 0, 2, 60)}));
    CHECK(book.number("SELECT count(DISTINCT series) FROM repairs WHERE frame = 20") == 2);
}

TEST_CASE("kinds follow from shape and persistence") {
    const PictureSize size{320, 240};
    CHECK(kind_of(box(0, 0, 5, 5), 1, size) == RepairKind::dust);
    CHECK(kind_of(box(0, 0, 5, 5), 2, size) == RepairKind::dust);
    CHECK(kind_of(box(0, 0, 5, 5), 3, size) == RepairKind::stain);
    CHECK(kind_of(box(0, 0, 30, 25, 60), 1, size) == RepairKind::hair); // curled
    CHECK(kind_of(box(0, 0, 2, 100), 1, size) == RepairKind::hair);
    CHECK(kind_of(box(0, 0, 2, 100), 2, size) == RepairKind::running_scratch);
    CHECK(kind_of(box(0, 0, 100, 2), 2, size) == RepairKind::unknown); // lies across
    CHECK(kind_of(box(0, 0, 200, 100), 1, size) == RepairKind::unknown);
    CHECK_FALSE(continues(box(10, 0, 2, 100), box(20, 0, 2, 100), size));
    CHECK(continues(box(10, 0, 2, 100), box(11, 90, 2, 100), size));
}

TEST_CASE("a decision stays with its repair, and with one that is gone") {
    Book book;
    book.writer.replace(frames(0, 1, {box(10, 10, 6, 6), box(60, 60, 6, 6)}));
    book.database.execute("UPDATE repairs SET decision = 'accepted', decided_by = 'me', "
                          "decided_at = 'now' WHERE id = 1");
    book.writer.replace(frames(0, 1, {box(11, 10, 6, 6)})); // a pixel off
    std::vector<Repair> all = book.all();
    REQUIRE(all.size() == 1);
    CHECK(all[0].id == 1);
    CHECK(all[0].left == 11);
    CHECK(all[0].decision == RepairDecision::accepted);
    CHECK(all[0].by == "me");
    book.writer.replace(frames(0, 1, {}));
    all = book.all();
    REQUIRE(all.size() == 1);
    CHECK_FALSE(all[0].present);
    CHECK(book.number("SELECT repaired FROM frames WHERE frame = 0") == 0);
    book.writer.replace(frames(0, 1, {box(10, 10, 6, 6)}));
    all = book.all();
    REQUIRE(all.size() == 1);
    CHECK(all[0].present);
    CHECK(all[0].decision == RepairDecision::accepted);
}

TEST_CASE("a rejected repair keeps its box, whatever is made next to it") {
    Book book;
    book.writer.replace(frames(0, 1, {box(10, 10, 6, 6)}));
    book.database.execute("UPDATE repairs SET decision = 'rejected', decided_by = 'me', "
                          "decided_at = 'now' WHERE id = 1");
    for (int rendering = 0; rendering < 2; ++rendering) {
        book.writer.replace(frames(0, 1, {box(11, 10, 6, 6)}));
        const std::vector<Repair> all = book.all();
        REQUIRE(all.size() == 2);
        const Repair& rejected = all[0].id == 1 ? all[0] : all[1];
        const Repair& other = all[0].id == 1 ? all[1] : all[0];
        CHECK(rejected.left == 10);
        CHECK(rejected.decision == RepairDecision::rejected);
        CHECK_FALSE(rejected.present);
        CHECK(other.left == 11);
        CHECK(other.decision == RepairDecision::automatic);
        CHECK(other.present);
    }
}

TEST_CASE("a replacement that fails changes nothing") {
    Book book;
    book.writer.replace(frames(0, 2, {box(10, 10, 4, 4)}));
    const std::string before = text(book.all());
    book.database.execute("CREATE TRIGGER full BEFORE INSERT ON repairs WHEN new.x = 99 BEGIN "
                          "SELECT raise(ABORT, 'no room'); END");
    CHECK_THROWS_WITH(book.writer.replace(frames(0, 2, {box(1, 1, 4, 4), box(99, 99, 4, 4)})),
                      Contains("no room"));
    CHECK(text(book.all()) == before);
    book.writer.replace(frames(2, 3, {box(10, 10, 4, 4)}));
    CHECK(book.all().size() == 3);
}

TEST_CASE("a ledger of a newer version, and what is no ledger, are refused and left") {
    const test::Scratch folder;
    { Database made = open_ledger(folder.path()); }
    { Database again = open_ledger(folder.path()); }
    Database(folder.path() / "ledger.sqlite").execute("PRAGMA user_version = 7");
    CHECK_THROWS_WITH(open_ledger(folder.path()), Contains("version 7"));
    Database(folder.path() / "ledger.sqlite").execute("PRAGMA application_id = 7");
    CHECK_THROWS_WITH(open_ledger(folder.path()), Contains("another program's database"));
    std::ofstream(folder.path() / "ledger.sqlite") << std::string(5000, 'x');
    CHECK_THROWS_WITH(open_ledger(folder.path()), Contains("no ledger, or is damaged"));
}

TEST_CASE("a ledger of version 1 gets what version 2 has, and keeps all rows") {
    const test::Scratch folder;
    {
        Database made = open_ledger(folder.path());
        LedgerWriter(made, {320, 240}, {0}).replace(frames(0, 3, {box(1, 1, 4, 4)}));
        made.execute("DROP VIEW shot_evidence; DROP VIEW film_evidence; DROP TABLE evidence; "
                     "PRAGMA user_version = 1");
    }
    Database migrated = open_ledger(folder.path());
    CHECK(repairs_in(migrated, 0, 10).size() == 3);
    Statement version(migrated, "PRAGMA user_version");
    REQUIRE(version.step());
    CHECK(version.integer(0) == 2);
    std::vector<FrameRepairs> again = frames(0, 1, {});
    again.front().evidence = {320 * 240 - 16, 0, 0, 16, 0, 0};
    LedgerWriter(migrated, {320, 240}, {0}).replace(std::move(again));
    Statement recovered(migrated, "SELECT pixels FROM film_evidence WHERE kind = 'recovered'");
    REQUIRE(recovered.step());
    CHECK(recovered.integer(0) == 16);
}

TEST_CASE("two connections take turns") {
    Book book;
    Database other = open_ledger(book.path());
    LedgerWriter writer(other, {320, 240}, {0});
    for (std::int64_t frame = 0; frame < 20; ++frame) {
        (frame % 2 == 0 ? book.writer : writer)
            .replace(frames(frame, frame + 1, {box(1, 1, 4, 4)}));
    }
    CHECK(book.all().size() == 20);
    CHECK(book.number("SELECT count(DISTINCT series) FROM repairs") == 1);
}
