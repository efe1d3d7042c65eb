// Shots as users list them, in jobs: segments, several devices, and jobs that are resumed.
#include "job/three_shots.hpp"
#include "run_program.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/restore.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::test;
using Catch::Contains;
namespace fs = std::filesystem;
using Numbers = std::vector<std::int64_t>;

namespace {

/// Three shots of 32, 32 and 64 frames, cut at 32 and 64.
struct Film : Scratch {
    Film() { make_three_shots(path()); }
    void list(const std::string& text) const { std::ofstream(path() / "list") << text; }
    RestoreResult restore(const std::string& output, RestoreOptions options = {},
                          const std::string& device = "cpu", std::int64_t stop_at = -1) const {
        return restored(path() / "in.mkv", path() / output, parse_stage("deflicker"),
                        std::move(options), device, stop_at);
    }
    [[nodiscard]] RestoreOptions listed() const {
        RestoreOptions options;
        options.shot_list = path() / "list";
        return options;
    }
};

} // namespace

TEST_CASE("a film is restored in the shots of a list, on one device and on two") {
    const Film s;
    CHECK(s.restore("detected.mkv").stats.shots == Numbers{0, 32, 64});
    s.list("0\n20\n64\n100\n");
    CHECK(s.restore("one.mkv", s.listed()).stats.shots == Numbers{0, 20, 64, 100});
    // The plan, which the file holds, names the devices; on two of them half of the threads each.
    CHECK(s.restore("two.mkv", s.listed(), "cpu,cpu").stats.shots == Numbers{0, 20, 64, 100});
    CHECK(checksums("one.mkv", s.path()) == checksums("two.mkv", s.path()));
    CHECK(checksums("one.mkv", s.path()) != checksums("detected.mkv", s.path()));
    // What is detected, listed.
    s.list("0\n32\n64\n");
    s.restore("same.mkv", s.listed());
    CHECK(checksums("same.mkv", s.path()) == checksums("detected.mkv", s.path()));
}

TEST_CASE("a list counts from the film's first frame, wherever the part begins") {
    const Film s;
    s.list("10\n32\n50\n64\n");
    RestoreOptions part = s.listed();
    part.read.start = Rational(2);
    CHECK(s.restore("part.mkv", part).stats.shots == Numbers{0, 18, 32});
    // At its true speed, times of the list are the file's still.
    s.list("TITLE: T\n001 A V C 00:00:00:00 00:00:03:00 00:00:00:00 00:00:03:00\n"
           "002 A V C 00:00:00:00 00:00:05:00 00:00:03:00 00:00:08:00\n");
    RestoreOptions slow = s.listed();
    slow.read.source_fps = Rational(8);
    CHECK(s.restore("slow.mkv", slow).stats.shots == Numbers{0, 48});
}

TEST_CASE("a job is resumed with the shots that it was begun with, and no others") {
    const Film s;
    s.list("0\n24\n48\n72\n");
    s.restore("whole.mkv", s.listed());
    const auto begin = [&] {
        fs::remove_all(s.path() / "out.mkv");
        fs::remove_all(s.path() / "out.mkv.oldfilm-job");
        CHECK_THROWS_WITH(s.restore("out.mkv", s.listed(), "cpu", 110),
                          Contains("stopped on request"));
        REQUIRE(s.has("out.mkv.oldfilm-job/journal"));
    };
    begin();
    CHECK(s.restore("out.mkv", s.listed()).resumed > 0);
    CHECK(content(s.path() / "out.mkv") == content(s.path() / "whole.mkv"));

    begin();
    CHECK_THROWS_WITH(s.restore("out.mkv"), Contains("shots"));
    s.list("0\n24\n48\n73\n");
    CHECK_THROWS_WITH(s.restore("out.mkv", s.listed()), Contains("shots"));
    CHECK_FALSE(s.has("out.mkv"));
}

TEST_CASE("the command line's shots") {
    const Film s;
    const auto restore = [&](const std::string& rest) {
        return test::oldfilm("restore in.mkv out.mkv --stage deflicker --overwrite --fresh " + rest,
                             s.path());
    };
    const auto plan = [&] {
        return test::run("ffprobe -v error -show_entries format_tags out.mkv", s.path()).out;
    };
    REQUIRE(restore("--shots none").status == 0);
    CHECK_THAT(plan(), Contains("\"shots\":\"none\"") || Contains("\"shots\": \"none\""));
    s.list("0\n30\n");
    REQUIRE(restore("--shots list").status == 0);
    CHECK_THAT(plan(), Contains("\"shots\""));
    REQUIRE(restore("--shots auto --cut-threshold 0.4").status == 0);
    CHECK_THAT(plan(), Contains("cut_threshold"));
    const Outcome gone = restore("--shots no-list");
    CHECK(gone.status == 1);
    CHECK_THAT(gone.error, Contains("no-list cannot be read"));
    CHECK(restore("--cut-threshold 3").status == 2);
    const Outcome far = restore("--shots list");
    CHECK(far.error.find("another film") == std::string::npos);
    s.list("0\n300\n");
    CHECK_THAT(restore("--shots list").error, Contains("is it the list of another film?"));
    // What inspect finds can be given back.
    test::run(OLDFILM_BINARY_DIR "/bin/oldfilm inspect --shots --json in.mkv > found.json",
              s.path());
    REQUIRE(restore("--shots found.json").status == 0);
    const std::string found = test::oldfilm("inspect --shots in.mkv", s.path()).out;
    CHECK_THAT(found, Contains("from frame 32") && Contains("from frame 64"));
    const std::string blind =
        test::oldfilm("inspect --shots --cut-threshold 1.9 in.mkv", s.path()).out;
    CHECK(blind.find("from frame 32") == std::string::npos);
}
