// Changes of a list of shots.
#include "project/shot_edits.hpp"

#include <oldfilm/error.hpp>

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::project;
using Catch::Contains;

namespace {

ProjectShot shot(std::int64_t first, std::int64_t last) {
    ProjectShot made;
    made.id = "s" + std::to_string(first);
    made.first = first;
    made.last = last;
    return made;
}

Shots three() {
    Shots shots{shot(0, 9), shot(10, 19), shot(20, 99)};
    shots[1].kind = PictureKind::title_card;
    shots[1].stages = {{.id = "colorize", .enabled = false, .parameters = {}}};
    return shots;
}

/// "s0:0-9 s10:10-19".
std::string text(const Shots& shots) {
    std::string all;
    for (const ProjectShot& one : shots) {
        all += (all.empty() ? "" : " ") + one.id + ":" + std::to_string(one.first) + "-" +
               std::to_string(one.last);
    }
    return all;
}

} // namespace

TEST_CASE("shots are split, merged and shifted") {
    Shots shots = three();
    CHECK(split_shot(shots, "s10", 15) == "s15");
    CHECK(text(shots) == "s0:0-9 s10:10-14 s15:15-19 s20:20-99");
    CHECK(shots[2].kind == PictureKind::title_card);
    CHECK((shots[2].stages == shots[1].stages)); // which Catch can't print
    shift_cut(shots, "s15", 12);
    CHECK(text(shots) == "s0:0-9 s10:10-11 s15:12-19 s20:20-99");
    CHECK(split_shot(shots, "s15", 15) == "s15-2"); // the id is taken
    merge_shots(shots, "s15");
    merge_shots(shots, "s10");
    CHECK(text(shots) == "s0:0-9 s10:10-19 s20:20-99");

    for (const std::int64_t frame : {10, 9, 20, 1000, -1}) {
        CHECK_THROWS_WITH(split_shot(shots, "s10", frame), Contains("one of 11 to 19"));
    }
    CHECK_THROWS_WITH(merge_shots(shots, "s20"), Contains("last one"));
    CHECK_THROWS_WITH(shift_cut(shots, "s0", 1), Contains("no cut before it"));
    CHECK_THROWS_WITH(shift_cut(shots, "s10", 0), Contains("one of frames 1 to 19"));
    CHECK_THROWS_WITH(shift_cut(shots, "s10", 20), Contains("one of frames 1 to 19"));
    CHECK_THROWS_WITH(merge_shots(shots, "s11"), Contains("no shot \"s11\""));
    CHECK(text(shots) == text(three()));
}

TEST_CASE("another list of cuts keeps what is decided") {
    Shots shots = three();
    set_cuts(shots, {0, 5, 12, 20, 50});
    CHECK(text(shots) == "s0:0-4 s5:5-11 s10:12-19 s20:20-49 s50:50-99");
    CHECK(shots[2].kind == PictureKind::title_card);
    CHECK(shots[1].kind == PictureKind::picture);
    set_cuts(shots, {20});
    CHECK(text(shots) == "s0:0-19 s20:20-99");
    set_cuts(shots, {});
    CHECK(text(shots) == "s0:0-99");
    CHECK_THROWS_WITH(set_cuts(shots, {0, 100}), Contains("another film"));
    CHECK_THROWS_WITH(set_cuts(shots, {0, 30, 30}), Contains("30 after 30"));
    CHECK_THROWS_WITH(set_cuts(shots, {0, 0}), Contains("0 after 0"));
}

TEST_CASE("what is decided about a shot leaves its frames") {
    Shots shots = three();
    ProjectShot changed = shots[0];
    changed.note = "dust";
    update_shot(shots, changed);
    CHECK(shots[0].note == "dust");
    changed.last = 10;
    CHECK_THROWS_WITH(update_shot(shots, changed), Contains("use split, merge or shift"));
    changed.last = 9;
    changed.stages.resize(2);
    changed.stages[0].id = changed.stages[1].id = "denoise";
    CHECK_THROWS_WITH(update_shot(shots, changed), Contains("\"denoise\" twice"));
}
