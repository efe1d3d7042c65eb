// Subtitles as files, against what the formats' specifications say.
#include "media_files.hpp"
#include "speech/subtitle_text.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/speech.hpp>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <sstream>

using namespace oldfilm;
using Catch::Contains;

namespace {

Transcript example() {
    Transcript transcript;
    transcript.film = "film.mkv";
    transcript.language = "en";
    Line card;
    card.source = LineSource::title_card;
    card.start = Rational(1, 24);
    card.end = Rational(3661) + Rational(1, 2000);
    card.text = "Bread & <wine>\n\n\"Twelve\"";
    card.words = {{"Bread", card.start, card.end, 0.9}};
    card.confidence = 0.9;
    Line said;
    said.start = Rational(3662);
    said.end = Rational(3663);
    said.text = "yes";
    said.speaker = "Anna";
    transcript.lines = {card, said};
    return transcript;
}

std::string content(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

} // namespace

TEST_CASE("SubRip and WebVTT have exact times, and no empty row within a cue") {
    CHECK(subtitles_in(SubtitleFormat::srt, example()) ==
          "1\n00:00:00,042 --> 01:01:01,001\nBread & <wine>\n\"Twelve\"\n\n"
          "2\n01:01:02,000 --> 01:01:03,000\nAnna: yes\n\n");
    CHECK(subtitles_in(SubtitleFormat::webvtt, example()) ==
          "WEBVTT\nLanguage: en\n\n00:00:00.042 --> 01:01:01.001\nBread &amp; "
          "&lt;wine&gt;\n\"Twelve\"\n\n01:01:02.000 --> 01:01:03.000\n<v Anna>yes\n");
}

TEST_CASE("TTML and JSON are well-formed and complete") {
    const std::string ttml = subtitles_in(SubtitleFormat::ttml, example());
    CHECK_THAT(ttml, Contains("xml:lang=\"en\""));
    CHECK_THAT(ttml, Contains("<p begin=\"00:00:00.042\" end=\"01:01:01.001\">Bread &amp; "
                              "&lt;wine&gt;<br/><br/>\"Twelve\"</p>"));
    const auto json = nlohmann::json::parse(subtitles_in(SubtitleFormat::json, example()));
    CHECK(json.at("lines").at(0).at("source") == "title_card");
    CHECK(json.at("lines").at(0).at("words").at(0).at("text") == "Bread");
    CHECK(json.at("lines").at(0).at("end") == 3661.001);
    CHECK(json.at("lines").at(1).at("speaker") == "Anna");
}

TEST_CASE("FFmpeg reads what is written") {
    const media_files::Folder folder;
    for (const char* name : {"a.srt", "a.vtt"}) {
        write_subtitles(folder / name, subtitle_format(name), example());
        const auto found =
            media_files::probe(folder / name, "-show_entries packet=pts_time,duration_time");
        REQUIRE(found.size() == 2);
        CHECK_THAT(found[0], Contains("0.042"));
        CHECK_THAT(found[1], Contains("3662"));
    }
}

TEST_CASE("A format has names, and files are not replaced unasked") {
    CHECK(subtitle_format("film.part.VTT") == SubtitleFormat::webvtt);
    CHECK(subtitle_format("webvtt") == SubtitleFormat::webvtt);
    CHECK(subtitle_format("a.xml") == SubtitleFormat::ttml);
    CHECK_THROWS_WITH(subtitle_format("film.sub"), Contains("srt, vtt, ttml or json"));
    const media_files::Folder folder;
    write_subtitles(folder / "a.srt", SubtitleFormat::srt, example());
    CHECK_THROWS_WITH(write_subtitles(folder / "a.srt", SubtitleFormat::json, example()),
                      Contains("exists"));
    write_subtitles(folder / "a.srt", SubtitleFormat::json, example(), true);
    CHECK_THAT(content(folder / "a.srt"), Contains("title_card"));
    CHECK_THROWS_AS(write_subtitles(folder / "no/a.srt", SubtitleFormat::srt, example()), Error);
    CHECK_FALSE(std::filesystem::exists(folder / "a.srt.partial"));
}

TEST_CASE("Rows are of about equal length, and none is too long") {
    CHECK(speech::wrapped("short", 42) == "short");
    CHECK(speech::wrapped("", 42).empty());
    const std::string text = "one two three four five six seven eight nine ten eleven twelve";
    const std::string rows = speech::wrapped(text, 42);
    const auto cut = rows.find('\n');
    REQUIRE(cut != std::string::npos);
    CHECK(rows.find('\n', cut + 1) == std::string::npos);
    CHECK(cut >= 25);
    CHECK(cut <= 37);
    CHECK(speech::length_of("Größe") == 5);
}
