// oldfilm transcribe as a user meets it.
#include "run_program.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>

using namespace oldfilm::test;
using Catch::Contains;

namespace {

Outcome transcribe(const Scratch& s, const std::string& arguments) {
    return oldfilm::test::oldfilm("transcribe " + arguments, s.path());
}

} // namespace

TEST_CASE("transcribe refuses what it cannot do, in one sentence, and writes no file") {
    const Scratch s;
    ffmpeg("-f lavfi -i testsrc2=s=160x120:r=10:d=1.5 -f lavfi -i anullsrc=d=1.5 silent.mkv",
           s.path());
    run("echo text > text.txt && touch there.srt", s.path());
    const auto refused = [&](const std::string& arguments, int status, const char* sentence) {
        const Outcome outcome = transcribe(s, arguments);
        INFO(arguments << ": " << outcome.error);
        CHECK(outcome.status == status);
        CHECK_THAT(outcome.error, Contains(sentence));
        CHECK_FALSE(s.has("out.srt"));
    };
    refused("none.mkv -o out.srt", 1, "none.mkv");
    refused("text.txt -o out.srt", 1, "text.txt");
    refused("silent.mkv -o out.srt", 1, "no speech was recognized, and no title cards were found");
    refused("silent.mkv -o out.sub", 2, "srt, vtt, ttml or json");
    refused("silent.mkv -o there.srt", 2, "--overwrite");
    refused("silent.mkv -o no/out.srt", 2, "does not exist");
    refused("silent.mkv -o out.srt --language xx", 2, "xx");
    refused("silent.mkv -o out.srt --speech off --cards off", 2, "both are off");
    refused("silent.mkv -o out.srt --detector other", 2, "spectral");
    for (const auto& [arguments, sentence] :
         {std::pair("out.avi --transcribe", "name a .mkv"),
          {"out.mkv --transcribe=loud=1", "takes language, speech"},
          {"out.mkv --transcribe=cards=1", "cards must be auto or off"}}) {
        const Outcome outcome = oldfilm::test::oldfilm(
            std::string("restore silent.mkv --stage none --codec h264 ") + arguments, s.path());
        CHECK(outcome.status != 0);
        CHECK_THAT(outcome.error, Contains(sentence));
    }
}

#ifdef OLDFILM_ESPEAK
TEST_CASE("transcribe recognizes speech, and leaves music alone") {
    const Scratch s;
    REQUIRE(run(OLDFILM_ESPEAK " -v en-us -s 130 -w voice.wav 'Good morning. The train leaves at "
                               "nine in the morning.'",
                s.path())
                .status == 0);
    // Longer than the picture, and from 2 seconds on.
    ffmpeg("-f lavfi -i color=gray:s=64x48:r=10:d=3 -itsoffset 2 -i voice.wav -map 0 -map 1 -c:a "
           "flac talk.mkv",
           s.path());
    const Outcome said = transcribe(s, "talk.mkv -o talk.json --progress json");
    INFO(said.error);
    REQUIRE(said.status == 0);
    CHECK_THAT(said.error, Contains("\"step\":\"words\""));
    const auto json = nlohmann::json::parse(content(s.path() / "talk.json"));
    std::string text;
    for (const auto& line : json.at("lines")) {
        CHECK(line.at("source") == "speech");
        text += line.at("text").get<std::string>() + " ";
    }
    CHECK_THAT(text, Contains("morning"));
    CHECK(json.at("lines").at(0).at("start").get<double>() == Approx(2.1).margin(0.3));

    REQUIRE(oldfilm::test::oldfilm("restore talk.mkv talk.mp4 --stage none --codec h264 --start 1 "
                                   "--transcribe=language=en,cards=off",
                                   s.path())
                .status == 0);
    const std::string srt = run("ffmpeg -v error -i talk.mp4 -map 0:s -f srt -", s.path()).out;
    CHECK_THAT(srt, Contains("morning"));
    CHECK_THAT(srt, Contains("1\n00:00:01,") || Contains("1\n00:00:00,9"));

    ffmpeg(
        "-f lavfi -i "
        "aevalsrc='0.3*sin(2*PI*330*pow(2\\,mod(floor(t*2.5)*5\\,12)/12)*t)*exp(-3*mod(t\\,0.4))'"
        ":d=8:s=16000 music.wav",
        s.path());
    const Outcome music = transcribe(s, "music.wav -o music.srt");
    CHECK(music.status == 1);
    CHECK_THAT(music.error, Contains("no speech was recognized"));
    CHECK_FALSE(s.has("music.srt"));
}
#endif
