// Subtitles of text through each container, with their times.
#include "media_files.hpp"

#include <oldfilm/error.hpp>

#include <catch2/catch.hpp>

#include <cstdint>
#include <fstream>
#include <regex>
#include <sstream>
#include <tuple>

using namespace oldfilm;
using namespace media_files;

namespace {

struct Cue {
    double start, end;
    std::string text;
};

/// The cues of the first subtitles, as ffmpeg writes them in SRT, without markup.
std::vector<Cue> cues(const std::string& file) {
    std::istringstream text(
        shell("ffmpeg -v error -nostdin -i '" + file + "' -map 0:s:0 -c:s subrip -f srt -"));
    std::vector<Cue> found;
    const auto seconds = [](const std::smatch& m, std::size_t i) {
        return std::stod(m[i]) * 3600 + std::stod(m[i + 1]) * 60 + std::stod(m[i + 2]) +
               std::stod(m[i + 3]) / 1000;
    };
    const std::regex times(R"((\d+):(\d+):(\d+),(\d+) --> (\d+):(\d+):(\d+),(\d+))");
    for (std::string line; std::getline(text, line);) {
        while (!line.empty() && line.back() == '\r') { // as ASS has it within a cue
            line.pop_back();
        }
        std::smatch match;
        if (std::regex_search(line, match, times)) {
            found.push_back({seconds(match, 1), seconds(match, 5), ""});
        } else if (!found.empty() && !line.empty() &&
                   line.find_first_not_of("0123456789") != std::string::npos) {
            found.back().text += (found.back().text.empty() ? "" : "|") +
                                 std::regex_replace(line, std::regex("<[^>]*>"), "");
        }
    }
    return found;
}

void check_cues(const std::string& file, const std::vector<Cue>& expected) {
    const std::vector<Cue> found = cues(file);
    CAPTURE(file);
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
        CHECK(found[i].start == Approx(expected[i].start).margin(2e-3));
        CHECK(found[i].end == Approx(expected[i].end).margin(2e-3));
        CHECK(found[i].text == expected[i].text);
    }
}

std::string film(const Folder& folder, const std::string& name, const std::string& codec,
                 const std::string& srt) {
    std::ofstream(folder / "words.srt") << srt;
    const std::string file = folder / name;
    ffmpeg("-f lavfi -i testsrc2=size=64x64:rate=10:duration=4 -i " + (folder / "words.srt") +
           " -map 0 -map 1 -c:v mpeg4 -metadata:s:s language=deu -c:s " + codec + " " + file);
    return file;
}

const std::string two = "1\n00:00:00,500 --> 00:00:01,500\nOne\nmore\n\n"
                        "2\n00:00:02,000 --> 00:00:03,250\nTwo\n\n";

} // namespace

TEST_CASE("Subtitles of text go through containers with their times and their language") {
    const Folder folder;
    for (const auto& [name, codec] : {std::pair("srt.mkv", "subrip"),
                                      {"ass.mkv", "ass"},
                                      {"vtt.mkv", "webvtt"},
                                      {"text.mp4", "mov_text"}}) {
        const std::string source = film(folder, name, codec, two);
        for (const std::string out : {"out.mkv", "out.mp4", "out.mov"}) {
            CAPTURE(name, out);
            WriteOptions options;
            options.codec = "h264";
            options.overwrite = true;
            copy(source, folder / out, options);
            check_cues(folder / out, {{0.5, 1.5, "One|more"}, {2, 3.25, "Two"}});
            CHECK(probe(folder / out, "-select_streams s -show_entries stream_tags=language") ==
                  std::vector<std::string>{out == "out.mov" ? "ger" : "deu"});
        }
    }
}

TEST_CASE("WebM gets WebVTT") {
    const Folder folder;
    copy(film(folder, "in.mp4", "mov_text", two), folder / "out.webm");
    check_cues(folder / "out.webm", {{0.5, 1.5, "One|more"}, {2, 3.25, "Two"}});
    CHECK(probe(folder / "out.webm", "-select_streams s -show_entries stream=codec_name") ==
          std::vector<std::string>{"webvtt"});
}

TEST_CASE("Subtitles of a program's own are in the codec of each container") {
    const Folder folder;
    const std::string source = film(folder, "in.mkv", "subrip", two);
    WriteOptions options;
    options.codec = "h264";
    options.subtitles = false;
    options.added_subtitles = SubtitleTrack{"deu",
                                            {{Rational(1, 2), Rational(3, 2), "Ein\nTag"},
                                             {Rational(2), Rational(13, 4), "A & B, 2 < 3"}}};
    for (const auto& [out, codec, language] : {std::tuple("out.mkv", "subrip", "deu"),
                                               {"out.mp4", "mov_text", "deu"},
                                               {"out.mov", "mov_text", "ger"}}) {
        CAPTURE(out);
        copy(source, folder / out, options);
        check_cues(folder / out, {{0.5, 1.5, "Ein|Tag"}, {2, 3.25, "A & B, 2 < 3"}});
        CHECK(probe(folder / out, "-select_streams s -show_entries stream=codec_name:"
                                  "stream_tags=language") ==
              std::vector<std::string>{std::string(codec) + "," + language});
    }
    options.subtitles = true; // after those of the source
    options.overwrite = true;
    copy(source, folder / "out.mkv", options);
    check_cues(folder / "out.mkv", {{0.5, 1.5, "One|more"}, {2, 3.25, "Two"}});
    options.codec = "";
    options.added_subtitles->cues.resize(1);
    options.subtitles = false;
    copy(source, folder / "out.webm", options);
    check_cues(folder / "out.webm", {{0.5, 1.5, "Ein|Tag"}});
    CHECK_THROWS_WITH(copy(source, folder / "out.avi", options),
                      Catch::Contains("name a .mkv, .mp4, .mov or .webm"));
}

TEST_CASE("A cue across the start keeps its rest, and one across the end its beginning") {
    const Folder folder;
    ReadOptions read;
    read.start = Rational(1);
    read.duration = Rational(2);
    for (const auto& [name, codec] : {std::pair("srt.mkv", "subrip"), {"text.mp4", "mov_text"}}) {
        const std::string source = film(folder, name, codec, two);
        for (const std::string out : {"out.mkv", "out.mp4"}) {
            CAPTURE(name, out);
            WriteOptions options;
            options.codec = "h264";
            options.overwrite = true;
            copy(source, folder / out, options, read);
            check_cues(folder / out, {{0, 0.5, "One|more"}, {1, 2, "Two"}});
        }
    }
}

TEST_CASE("Subtitles keep up with a film at another speed") {
    const Folder folder;
    ReadOptions read;
    read.source_fps = Rational(5);
    copy(film(folder, "in.mkv", "subrip", two), folder / "out.mkv", {}, read);
    check_cues(folder / "out.mkv", {{1, 3, "One|more"}, {4, 6.5, "Two"}});
}

TEST_CASE("Cues that are seen together are seen together in MP4") {
    const Folder folder;
    const std::string source =
        film(folder, "in.mkv", "subrip",
             "1\n00:00:00,500 --> 00:00:02,000\nOne\n\n2\n00:00:01,000 --> 00:00:03,000\nTwo\n\n");
    copy(source, folder / "out.mp4");
    check_cues(folder / "out.mp4", {{0.5, 1, "One"}, {1, 2, "One|Two"}, {2, 3, "Two"}});
}

namespace {

/// A segment of a PGS file at `seconds`.
std::string segment(double seconds, char kind, const std::string& body) {
    const auto big = [](std::uint64_t value, int bytes) {
        std::string text;
        for (int i = bytes - 1; i >= 0; --i) {
            text += static_cast<char>(value >> (8 * i) & 255);
        }
        return text;
    };
    return "PG" + big(static_cast<std::uint64_t>(seconds * 90000), 4) + big(0, 4) + kind +
           big(body.size(), 2) + body;
}

/// One blue pixel at `seconds`, gone half a second later.
std::string shown(double seconds) {
    using namespace std::string_literals;
    const std::string window = "\x01\x00\x00\x0a\x00\x0a\x00\x01\x00\x01"s;
    return segment(
               seconds, 0x16,
               "\x00\x40\x00\x40\x10\x00\x00\x80\x00\x00\x01\x00\x00\x00\x00\x00\x0a\x00\x0a"s) +
           segment(seconds, 0x17, window) +
           segment(seconds, 0x14, "\x00\x00\x01\x29\x6e\xf0\xff"s) +
           segment(seconds, 0x15, "\x00\x00\x00\xc0\x00\x00\x07\x00\x01\x00\x01\x01\x00\x00"s) +
           segment(seconds, static_cast<char>(0x80), "") +
           segment(seconds + 0.5, 0x16, "\x00\x40\x00\x40\x10\x00\x01\x00\x00\x00\x00"s) +
           segment(seconds + 0.5, 0x17, window) +
           segment(seconds + 0.5, static_cast<char>(0x80), "");
}

} // namespace

TEST_CASE("Subtitles that are pictures are copied, or refused by name") {
    const Folder folder;
    std::ofstream(folder / "in.sup", std::ios::binary) << shown(0.8) << shown(2);
    const std::string source = folder / "in.mkv";
    ffmpeg("-f lavfi -i testsrc2=size=64x64:rate=10:duration=3 -copyts -i " + (folder / "in.sup") +
           " -map 0 -map 1 -c:v mpeg4 -c:s copy " + source);
    const auto shown_at = [](const std::string& file) {
        return probe(file, "-select_streams s -show_entries packet=pts_time");
    };
    copy(source, folder / "out.mkv");
    CHECK(shown_at(folder / "out.mkv") == shown_at(source));
    ReadOptions read;
    read.start = Rational(1); // while the first one is seen
    WriteOptions again;
    again.overwrite = true;
    copy(source, folder / "out.mkv", again, read);
    CHECK(shown_at(folder / "out.mkv") ==
          std::vector<std::string>{"0.000000", "0.300000", "1.000000", "1.500000"});

    const Reader reader(source);
    WriteOptions options = like(reader.info());
    try {
        const Writer writer(folder / "out.mp4", options, &reader);
        FAIL("not refused");
    } catch (const Error& error) {
        CHECK(error.code() == Errc::invalid_argument);
        CHECK(std::string(error.what()).find("hdmv_pgs_subtitle") != std::string::npos);
    }
    options.subtitles = false;
    copy(source, folder / "out.mp4", options);
    CHECK(probe(folder / "out.mp4", "-show_entries stream=codec_type") ==
          std::vector<std::string>{"video"});
}
