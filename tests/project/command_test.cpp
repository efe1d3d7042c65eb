// `oldfilm project` and `oldfilm restore --project`.
#include "project/flickering_shots.hpp"
#include "run_program.hpp"

#include <oldfilm/shots.hpp>

#include <catch2/catch.hpp>

#include <fstream>
#include <string>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::test;
using Catch::Contains;
using Numbers = std::vector<std::int64_t>;

namespace {

struct Film : Scratch {
    Film() {
        make_flickering_shots(path());
        REQUIRE(run("new in.mkv p --stage deflicker").status == 0);
    }
    [[nodiscard]] Outcome run(const std::string& arguments) const {
        return test::oldfilm("project " + arguments, path());
    }
    [[nodiscard]] std::string show() const { return run("show p").out; }
};

} // namespace

TEST_CASE("a project's shots are changed on the command line") {
    const Film s;
    CHECK_THAT(s.show(), Contains("frames    128 of 48 x 32, 16 fps"));
    const Outcome split = s.run("split p s64 100");
    CHECK(split.out == "s100\n");
    CHECK(s.run("shift p s100 90").status == 0);
    CHECK(s.run("merge p s0").status == 0);
    const Outcome set =
        s.run("set p s100 --kind title_card --stage deflicker:strength=0.5 --note 'a note'");
    INFO(set.error);
    CHECK(set.status == 0);
    CHECK_THAT(s.show(), Contains("shot s0         frames      0 to     63") &&
                             Contains("shot s100       frames     90 to    127  title_card  "
                                      "deflicker:strength=0.5  \"a note\""));
    CHECK(s.run("set p s100 --off deflicker").status == 0);
    CHECK_THAT(s.show(), Contains("deflicker off"));
    CHECK(s.run("set p s100 --unset deflicker --exclude").status == 0);
    CHECK_THAT(s.show(), Contains("title_card, excluded  \"a note\""));

    const Outcome unknown = s.run("set p s100 --stage deflicker:power=1");
    CHECK(unknown.status == 2);
    CHECK_THAT(unknown.error, Contains("power"));
    CHECK(s.run("split p s100 3").status == 2);
    CHECK(s.run("split p nothing 3").status == 2);
    CHECK(s.run("show nothing").status == 2);
    CHECK(s.run("").status == 2);
}

TEST_CASE("a project's shots go to other programs and come back") {
    const Film s;
    REQUIRE(s.run("export p --edl list.edl --otio list.otio").status == 0);
    CHECK(read_shot_list(s.path() / "list.edl", 16) == Numbers{0, 32, 64});
    CHECK(read_shot_list(s.path() / "list.otio", 16) == Numbers{0, 32, 64});
    std::ofstream(s.path() / "cuts") << "0\n40\n64\n";
    REQUIRE(s.run("import p cuts").status == 0);
    CHECK_THAT(s.show(), Contains("shot s0         frames      0 to     39"));
    REQUIRE(s.run("import p list.edl").status == 0);
    CHECK_THAT(s.show(), Contains("frames     32 to     63"));
    std::ofstream(s.path() / "cuts") << "0\n400\n";
    CHECK_THAT(s.run("import p cuts").error, Contains("another film"));
    CHECK(s.run("export p").status == 2);
}

TEST_CASE("restore --project takes film, stages and shots of the project") {
    const Film s;
    const auto restore = [&s](const std::string& arguments) {
        return test::oldfilm("restore " + arguments, s.path());
    };
    REQUIRE(restore("--project p out.mkv --codec ffv1").status == 0);
    REQUIRE(restore("in.mkv same.mkv --stage deflicker --codec ffv1").status == 0);
    CHECK(checksums("out.mkv", s.path()) == checksums("same.mkv", s.path()));
    REQUIRE(s.run("set p s32 --off deflicker").status == 0);
    REQUIRE(restore("out2.mkv --project p --codec ffv1").status == 0);
    CHECK(checksums("out2.mkv", s.path()) != checksums("same.mkv", s.path()));

    CHECK_THAT(restore("--project p").error, Contains("expected the restored film OUT"));
    CHECK_THAT(restore("in.mkv out3.mkv --project p").error, Contains("has its own film"));
    CHECK_THAT(restore("--project p out3.mkv --stage denoise").error,
               Contains("its own stages and shots"));
    CHECK_THAT(restore("in.mkv").error, Contains("expected the film IN"));
    CHECK(restore("in.mkv").status == 2);
    CHECK_FALSE(s.has("out3.mkv"));
}

TEST_CASE("a film that was moved is linked again") {
    const Film s;
    REQUIRE(run("mkdir films && mv in.mkv films/other.mkv", s.path()).status == 0);
    const Outcome lost = test::oldfilm("restore --project p out.mkv", s.path());
    CHECK(lost.status != 0);
    CHECK_THAT(lost.error, Contains("oldfilm project relink p FILM"));
    REQUIRE(s.run("relink p films/other.mkv").status == 0);
    CHECK_THAT(s.show(), Contains("films/other.mkv"));
    CHECK(test::oldfilm("restore --project p out.mkv", s.path()).status == 0);
}

TEST_CASE("a list of shots is given to a new project") {
    const Film s;
    std::ofstream(s.path() / "cuts") << "0\n10\n20\n";
    const Outcome made = s.run("new in.mkv q --stage deflicker --shots cuts");
    INFO(made.error);
    REQUIRE(made.status == 0);
    CHECK_THAT(made.out, Contains("shot s20        frames     20 to    127"));
    CHECK(s.run("new in.mkv r --shots none --stage deflicker").status == 0);
    CHECK_THAT(s.run("show r").out, Contains("shot s0         frames      0 to    127"));
    CHECK_THAT(s.run("new in.mkv p --stage deflicker").error, Contains("has a project already"));
    CHECK(s.run("new in.mkv --stage deflicker").status == 0);
    CHECK(s.has("in-project/project.json"));
}
