// Facts of files, from a sample of their frames.
#include "media_files.hpp"

#include <oldfilm/analysis.hpp>
#include <oldfilm/error.hpp>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>

using namespace oldfilm;
using namespace media_files;

namespace {

constexpr const char* source = "-f lavfi -i testsrc2=size=320x240:rate=50:duration=4 ";

} // namespace

TEST_CASE("Combing is found by the pictures, whatever the flags say, with the field order") {
    const Folder folder;
    const auto fields = [&](const std::string& filter, const std::string& more = "") {
        const std::string file = folder / "film.mkv";
        ffmpeg(source + ("-vf " + filter) + " -c:v ffv1 -pix_fmt yuv420p " + more + " " + file);
        return analyze_film(file).fields;
    };
    CHECK(fields("tinterlace=interleave_top,setfield=prog") == FieldOrder::top_first);
    CHECK(fields("tinterlace=interleave_bottom,setfield=prog") == FieldOrder::bottom_first);
    CHECK(fields("framerate=25") == FieldOrder::progressive);
    // Said to be interlaced, and not.
    CHECK(fields("fps=25,setfield=tff", "-flags +ilme+ildct") == FieldOrder::progressive);
}

TEST_CASE("A sample reaches places of the film, and tells its own rate") {
    const Folder folder;
    const std::string film = folder / "film.mkv";
    ffmpeg("-f lavfi -i testsrc2=size=160x120:rate=24:duration=30 -vf "
           "hue=s=0,pad=180:140:10:10,fps=30 -c:v libx264 -g 30 -pix_fmt yuv420p " +
           film);
    const FilmFacts facts = analyze_film(film);
    CHECK(facts.sampled);
    CHECK(facts.film_rate == Rational(24));
    CHECK(facts.coloring == Coloring::black_and_white);
    REQUIRE(facts.shots.size() == 20);
    CHECK(facts.shots[0].time == 0);
    CHECK(facts.shots[10].time > 13);
    CHECK(facts.shots[10].time < 15.1);
    CHECK(facts.area == ActiveArea{.left = 10, .top = 10, .width = 160, .height = 120});
    const auto json = nlohmann::json::parse(facts.to_json());
    CHECK(json.at("places").size() == 20);
    CHECK(json.at("film_rate") == "24");
}

TEST_CASE("Image sequences and short films are sampled, too") {
    const Folder folder;
    std::filesystem::create_directories(folder / "scan");
    ffmpeg("-f lavfi -i testsrc2=size=160x120:rate=24:duration=8 -start_number 7 " +
           (folder / "scan/%04d.png"));
    const FilmFacts scan = analyze_film(folder / "scan");
    CHECK(scan.shots.size() == 20);
    CHECK(scan.coloring == Coloring::color);
    AnalysisOptions few;
    few.places = 3;
    few.frames = 2;
    CHECK(analyze_film(folder / "scan", few).shots.size() == 3);
    ffmpeg("-f lavfi -i testsrc2=size=160x120:rate=24 -frames:v 5 -c:v ffv1 " +
           (folder / "short.mkv"));
    const FilmFacts brief = analyze_film(folder / "short.mkv");
    REQUIRE(brief.shots.size() == 1);
    CHECK(brief.shots[0].frames == 5);
    CHECK_THROWS_AS(analyze_film(folder / "none.mkv"), Error);
    few.frames = 0;
    CHECK_THROWS_WITH(analyze_film(folder / "short.mkv", few), Catch::Contains("found 3 and 0"));
    AnalysisOptions stopped;
    std::stop_source stop;
    stop.request_stop();
    stopped.stop = stop.get_token();
    CHECK_THROWS_WITH(analyze_film(folder / "short.mkv", stopped), Catch::Contains("stopped"));
}

TEST_CASE("Real films and photographs have the facts that are seen in them") {
    for (const std::string name :
         {"a-trip-down-market-street-before-the-fire", "san-francisco-earthquake-and-fire",
          "the-great-train-robbery", "within-our-gates"}) {
        const std::string file = data("films/" + name + ".mkv");
        if (file.empty()) {
            return;
        }
        INFO(name);
        const FilmFacts facts = analyze_film(file);
        CHECK(facts.coloring == Coloring::black_and_white);
        CHECK(facts.fields == FieldOrder::progressive);
        const std::int64_t bars = name.starts_with("a-trip") ? 3 : 0; // left and right
        CHECK(facts.area ==
              ActiveArea{.left = bars, .top = 0, .width = 480 - 2 * bars, .height = 368});
        for (const ShotFacts& shot : facts.shots) {
            CHECK(shot.kind == PictureKind::picture);
        }
    }
}
