#include "job/checkpoint.hpp"
#include "job/films.hpp"

#include <oldfilm/error.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <fstream>

using namespace oldfilm;
using Catch::Contains;
using job::Checkpoint;
using job::Segment;
using nlohmann::json;
using test::Scratch;
using test::sealed_segment;

namespace {

const json identity{{"input", "a"}, {"settings", {{"crf", 18}}}, {"plan", {{"stages", "none"}}}};

} // namespace

TEST_CASE("A checkpoint knows where the next run resumes") {
    const Scratch folder;
    const std::string output = folder.path() / "out.mkv";
    {
        Checkpoint first(output, false);
        CHECK_FALSE(first.is_begun());
        first.begin(identity);
        first.add(sealed_segment(first, 0, 0, 30));
        Segment second = sealed_segment(first, 1, 30, 90);
        second.resume = {85, Rational(85, 25)};
        second.analysis = {"found"};
        second.marked = true;
        first.add(second);
        CHECK(first.is_resumable());
        CHECK(first.frames() == 90);
    }
    Checkpoint again(output, false);
    again.check(identity);
    CHECK(again.first_segment() == 2);
    CHECK(again.frames_done() == 90);
    CHECK(again.outputs_done() == 90);
    CHECK(again.any_mask());
    CHECK(again.film_base() == Rational(1, 25));
    CHECK(again.resume_point().frame == 85);
    CHECK(again.resume_point().time == Rational(85, 25));
    CHECK(again.resume_point().shots == std::vector<std::int64_t>{0, 30});
    CHECK(again.resume_point().shots_until == 90);
    CHECK(again.resume_point().analysis == std::vector<std::string>{"found"});
    CHECK_FALSE(again.end());
    CHECK(again.segmentation()->segment_of(90) == 2);
}

TEST_CASE("A segment whose file was changed is made again, and what follows it") {
    const Scratch folder;
    const std::string output = folder.path() / "out.mkv";
    std::filesystem::path damaged;
    {
        Checkpoint first(output, false);
        first.begin(identity);
        for (int i = 0; i < 3; ++i) {
            first.add(sealed_segment(first, i, 30 * i, 30 * i + 30));
        }
        damaged = job::segment_file(first.folder(), "film", 1);
    }
    std::ofstream(damaged, std::ios::app) << "x";
    CHECK(Checkpoint(output, false).first_segment() == 1);
    CHECK(Checkpoint(output, false).frames_done() == 30);
}

TEST_CASE("Segments that were made ahead of others are adopted from one cut to another") {
    const Scratch folder;
    const std::string output = folder.path() / "out.mkv";
    {
        Checkpoint first(output, false);
        first.begin(identity);
        first.add(sealed_segment(first, 0, 0, 30));
        first.add(sealed_segment(first, 2, 60, 90)); // to no cut yet
        Segment closing = sealed_segment(first, 3, 90, 100);
        closing.closes = true;
        first.add(closing);
        first.add(sealed_segment(first, 5, 130, 160)); // does not reach a cut
    }
    Checkpoint again(output, false);
    CHECK(again.first_segment() == 1);
    CHECK_FALSE(again.adopt_ahead(1));
    const auto ahead = again.adopt_ahead(2);
    REQUIRE(ahead);
    CHECK(ahead->frames == 40);
    CHECK(ahead->outputs == 40);
    CHECK_FALSE(again.adopt_ahead(5));
    CHECK(again.frames() == 70);
}

TEST_CASE("A checkpoint of another restoration is refused with the first difference") {
    const Scratch folder;
    const std::string output = folder.path() / "out.mkv";
    {
        Checkpoint first(output, false);
        first.begin(identity);
        first.add(sealed_segment(first, 0, 0, 30));
    }
    json other = identity;
    other["settings"]["crf"] = 20;
    Checkpoint again(output, false);
    CHECK_THROWS_WITH(again.check(other), Contains("crf was 18 and is 20") && Contains("--fresh"));
    SECTION("unless nothing of it is there") {
        Checkpoint(folder.path() / "other.mkv", true).check(other);
    }
}

TEST_CASE("Segments of a version with other checksums stay, and are refused") {
    const Scratch folder;
    const std::string output = folder.path() / "out.mkv";
    {
        Checkpoint first(output, false);
        first.begin(identity);
        first.add(sealed_segment(first, 0, 0, 30));
    }
    // FNV-1a of "{}", from the definition of its authors.
    std::uint64_t sum = 0xcbf29ce484222325U;
    for (const char c : {'{', '}'}) {
        sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    const std::string journal = folder.path() / "out.mkv.oldfilm-job/journal";
    std::ofstream(journal) << fmt::format("{:016x} {{}}\n", sum);
    CHECK_THROWS_WITH(Checkpoint(output, false),
                      Contains("checksum") && Contains("--fresh") && Contains("version"));
    CHECK(folder.has("out.mkv.oldfilm-job/film-000000.packets"));
    CHECK_FALSE(Checkpoint(output, true).has_segments());
}

TEST_CASE("A checkpoint without a segment leaves nothing behind") {
    const Scratch folder;
    { Checkpoint(folder.path() / "out.mkv", false).begin(identity); }
    CHECK_FALSE(folder.has("out.mkv.oldfilm-job"));
}

TEST_CASE("A transcription alone is resumed by the same job, and forgotten by another") {
    const Scratch folder;
    const std::string output = folder.path() / "out.mkv";
    {
        Checkpoint first(output, false);
        CHECK(first.transcription().is_null());
        first.begin(identity);
        first.note_transcription(json::object());
        first.note_transcription({{"cues", "a \xff"}}); // not UTF-8
    }
    Checkpoint again(output, false);
    again.check(identity);
    CHECK(again.is_begun());
    CHECK(again.transcription().at("cues") == "a \xef\xbf\xbd");
    json other = identity;
    other["settings"]["crf"] = 20;
    again.check(other);
    CHECK_FALSE(again.is_begun());
}
