// What the program says of a film, and decides by it.
#include "run_program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdlib>
#include <sstream>
#include <string>

using namespace oldfilm::test;
using Catch::Contains;

namespace {

/// Combed, top field first, and not said to be.
void write_combed(const Scratch& s) {
    ffmpeg("-f lavfi -i testsrc2=size=320x240:rate=50:duration=2 -vf "
           "tinterlace=interleave_top,setfield=prog -c:v ffv1 -pix_fmt yuv420p in.mkv",
           s.path());
}

/// Amber by day, with bars above and below.
void write_tinted(const Scratch& s) {
    ffmpeg("-f lavfi -i testsrc2=size=160x96:rate=16 -frames:v 8 -vf "
           "format=gray,format=gbrp,lutrgb=g=val*0.8:b=val*0.5,pad=160:120:0:12 -c:v ffv1 in.mkv",
           s.path());
}

std::string restored(const Scratch& s, const std::string& options) {
    const Outcome outcome = oldfilm::test::oldfilm(
        "restore in.mkv out.mkv --overwrite --codec ffv1 " + options, s.path());
    INFO(outcome.error);
    REQUIRE(outcome.status == 0);
    return outcome.error;
}

} // namespace

TEST_CASE("inspect says what a film is by its pictures") {
    const Scratch s;
    write_tinted(s);
    const std::string said = oldfilm::test::oldfilm("inspect in.mkv", s.path()).out;
    CHECK_THAT(said, Contains("160 x 96 at 0, 12 (letterbox)"));
    CHECK_THAT(said, Contains("tinted or toned"));
    CHECK_THAT(said, Contains("progressive by its pictures"));
    const auto json =
        nlohmann::json::parse(oldfilm::test::oldfilm("inspect --json in.mkv", s.path()).out);
    const auto& facts = json.at("facts");
    CHECK(facts.at("area").at("top") == 12);
    CHECK(facts.at("coloring") == "tinted");
    CHECK(facts.at("places").size() == 1);
    CHECK(facts.at("damage").at("dust") == facts.at("places").at(0).at("damage").at("dust"));
    CHECK(facts.at("damage").at("scratches").empty());
    CHECK_THAT(said, Contains("damage       flicker "));
    const auto full =
        nlohmann::json::parse(oldfilm::test::oldfilm("inspect --full --json in.mkv", s.path()).out);
    CHECK(full.at("facts").at("shots").at(0).at("frames") == 8);
    CHECK_THAT(oldfilm::test::oldfilm("inspect --full in.mkv", s.path()).out,
               Contains("from frame 0, 0.000 s: picture, tinted, middle gray is #"));
    // A pipe can't be looked at twice.
    const Outcome piped =
        run("ffmpeg -v error -i in.mkv -pix_fmt yuv444p -f yuv4mpegpipe - | " OLDFILM_BINARY_DIR
            "/bin/oldfilm inspect -",
            s.path());
    CHECK(piped.status == 0);
    CHECK(piped.out.find("active area") == std::string::npos);
}

TEST_CASE("borders are cropped on request alone") {
    const Scratch s;
    write_tinted(s);
    const auto size = [&] {
        return run("ffprobe -v error -select_streams v -show_entries stream=width,height -of "
                   "csv=p=0 out.mkv",
                   s.path())
            .out;
    };
    CHECK_THAT(restored(s, "--stage none --crop-borders"),
               Contains("cropped from 160 x 120 to 160 x 96 at 0, 12"));
    CHECK(size() == "160,96\n");
    // To the bit what the bars frame.
    ffmpeg("-i in.mkv -vf crop=160:96:0:12 -c:v ffv1 inside.mkv", s.path());
    CHECK(checksums("out.mkv", s.path()) == checksums("inside.mkv", s.path()));
    restored(s, "--stage superres:scale=2 --crop-borders");
    CHECK(size() == "320,192\n");
    restored(s, "--stage none --keep-borders");
    CHECK(size() == "160,120\n");
    const Outcome whole = oldfilm::test::oldfilm(
        "restore inside.mkv again.mkv --stage none --crop-borders", s.path());
    CHECK(whole.status == 0);
    CHECK_THAT(whole.error, Contains("has no borders: nothing is cropped"));
    CHECK(checksums("again.mkv", s.path()) == checksums("inside.mkv", s.path()));
    const Outcome piped =
        run("ffmpeg -v error -i in.mkv -pix_fmt yuv444p -f yuv4mpegpipe - | " OLDFILM_BINARY_DIR
            "/bin/oldfilm restore - piped.mkv --stage none --crop-borders",
            s.path());
    CHECK(piped.status == 2);
    CHECK_THAT(piped.error, Contains("needs a file"));
}

TEST_CASE("what is combed is deinterlaced, unless it is only copied or asked not to") {
    const Scratch s;
    write_combed(s);
    CHECK_THAT(restored(s, "--stage deflicker"),
               Contains("is combed, top field first: it is deinterlaced"));
    const std::string automatic = checksums("out.mkv", s.path());
    restored(s, "--stage deflicker --deinterlace");
    CHECK(checksums("out.mkv", s.path()) == automatic);
    CHECK(restored(s, "--stage deflicker --deinterlace=off").find("it is deinterlaced") ==
          std::string::npos);
    const std::string combed = checksums("out.mkv", s.path());
    CHECK(combed != automatic);
    restored(s, "--stage none");
    CHECK(checksums("out.mkv", s.path()) == checksums("in.mkv", s.path()));
    CHECK(oldfilm::test::oldfilm("restore in.mkv no.mkv --deinterlace=perhaps", s.path()).status ==
          2);
}

TEST_CASE("a preset gives a tint back, unless color is asked for") {
    const Scratch s;
    write_tinted(s);
    const auto has = [&](const std::string& stage) {
        const std::string plan =
            run("ffprobe -v error -show_entries format_tags out.mkv", s.path()).out;
        return plan.find("org.oldfilm." + stage) != std::string::npos;
    };
    const auto mean = [&] { // R, G, B of the first frame
        const std::string bytes = run("ffmpeg -v error -i out.mkv -vf scale=1:1 -frames:v 1 "
                                      "-pix_fmt rgb24 -f rawvideo - | od -An -tu1",
                                      s.path())
                                      .out;
        std::istringstream text(bytes);
        std::array<int, 3> color{};
        text >> color[0] >> color[1] >> color[2];
        return color;
    };
    const std::string said = restored(s, "--preset silent-film");
    CHECK_THAT(said, Contains("tinted or toned: it is not colorized") &&
                         Contains("given their tint back"));
    CHECK_FALSE(has("colorize"));
    CHECK(has("tint"));
    const std::array<int, 3> tinted = mean();
    CHECK(std::abs(tinted[2] - tinted[0] / 2) <= 4); // as in the film
    CHECK(std::abs(tinted[1] - tinted[0] * 8 / 10) <= 4);
    restored(s, "--preset silent-film --tint off");
    CHECK_FALSE(has("tint"));
    restored(s, "--preset silent-film --tint remove");
    CHECK(has("tint"));
    const std::array<int, 3> gray = mean();
    CHECK(std::abs(gray[0] - gray[2]) <= 2);
    restored(s, "--preset silent-film --colorize on");
    CHECK(has("colorize"));
    restored(s, "--stage colorize");
    CHECK(has("colorize"));
    CHECK_FALSE(has("tint"));
    restored(s, "--preset silent-film --colorize off --by-shot off");
    CHECK_FALSE(has("colorize"));
    CHECK_FALSE(has("tint"));
}

TEST_CASE("a named pipe is read once, and what can't be copied from there is no silent loss") {
    const Scratch s;
    ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=16 -f lavfi -i sine -t 1 -c:v ffv1 -c:a flac "
           "in.mkv",
           s.path());
    const auto piped = [&](const std::string& options) {
        return run("mkfifo pipe; (cat in.mkv > pipe &) ; timeout 100 " OLDFILM_BINARY_DIR
                   "/bin/oldfilm restore pipe out.mkv --overwrite --codec ffv1 --progress none " +
                       options + "; code=$?; rm pipe; exit $code",
                   s.path());
    };
    const Outcome described =
        run("mkfifo pipe; (cat in.mkv > pipe &) ; timeout 100 " OLDFILM_BINARY_DIR
            "/bin/oldfilm inspect pipe; code=$?; rm pipe; exit $code",
            s.path());
    CHECK(described.status == 0);
    CHECK_THAT(described.out, Contains("64 x 48"));
    const Outcome refused = piped("--stage deflicker");
    CHECK(refused.status == 1);
    CHECK_THAT(refused.error, Contains("pipe is a pipe, and its audio (flac)"));
    REQUIRE(piped("--stage deflicker --no-audio").status == 0);
    const std::string from_pipe = checksums("out.mkv", s.path());
    REQUIRE(oldfilm::test::oldfilm("restore in.mkv out.mkv --overwrite --codec ffv1 --no-audio "
                                   "--stage deflicker",
                                   s.path())
                .status == 0);
    CHECK(checksums("out.mkv", s.path()) == from_pipe);
}
