// Timecode at the film's first frame that is made, at its rate.
#include "media/timecode.hpp"
#include "media_files.hpp"
#include "messages.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace oldfilm;
using namespace media_files;

namespace {

/// As ffprobe finds it in the film's stream, a timecode track's or the container's tags.
std::string timecode(const std::string& file) {
    for (const std::string entries : {"stream_tags=timecode", "format_tags=timecode"}) {
        const auto found = probe(file, "-show_entries " + entries);
        if (!found.empty()) {
            return found[0];
        }
    }
    return "";
}

std::string film_with_code(const Folder& folder, const std::string& rate, const std::string& code,
                           const std::string& name = "in.mov") {
    const std::string file = folder / name;
    const std::string codec = file.ends_with(".mxf") ? "mpeg2video" : "mpeg4";
    ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=" + rate + ":duration=4 -c:v " + codec +
           " -timecode '" + code + "' " + file);
    return file;
}

} // namespace

TEST_CASE("The timecode goes along, and on by what is left out before") {
    const Folder folder;
    struct Case {
        std::string rate, code, name;
        Rational start;
        std::string expected;
    };
    const std::vector<Case> cases{
        {"30000/1001", "01:00:00;00", "in.mov", Rational(2), "01:00:02;00"},
        {"30000/1001", "00:00:59;00", "in.mov", Rational(2), "00:01:01;02"}, // over two dropped
        {"30000/1001", "01:00:00:00", "in.mov", Rational(2), "01:00:02:00"},
        {"24", "10:00:00:12", "in.mov", Rational(2), "10:00:02:12"},
        {"25", "23:59:59:00", "in.mov", Rational(2), "00:00:01:00"},
        {"25", "00:00:10:00", "in.mxf", Rational(1), "00:00:11:00"},
        {"25", "00:00:10:00", "in.mkv", Rational(1), "00:00:11:00"},
        {"25", "00:00:10:00", "in.mov", Rational(0), "00:00:10:00"},
        {"60000/1001", "00:00:10;04", "in.mov", Rational(1), "00:00:11;04"}};
    for (const Case& one : cases) {
        const std::string source = film_with_code(folder, one.rate, one.code, one.name);
        REQUIRE(timecode(source) == one.code);
        for (const std::string out : {"out.mov", "out.mp4", "out.mkv"}) {
            CAPTURE(one.rate, one.code, one.name, out);
            std::vector<std::string> warnings;
            WriteOptions options;
            options.codec = "h264";
            options.overwrite = true;
            options.log = test::collect(warnings);
            ReadOptions read;
            read.start = one.start;
            copy(source, folder / out, options, read);
            CHECK(timecode(folder / out) == one.expected);
            CHECK(but_samples(warnings).empty());
        }
    }
}

TEST_CASE("Timecode is that of the output's rate") {
    struct Case {
        std::string code;
        Rational from, to;
        std::string expected;
        bool said = false;
    };
    const Rational ntsc(30000, 1001);
    const std::vector<Case> cases{
        {"01:00:00:12", Rational(24), Rational(48), "01:00:00:24"},
        {"01:00:00:47", Rational(48), Rational(24), "01:00:00:23"},
        {"10:00:00:24", Rational(25), Rational(50), "10:00:00:48"},
        {"01:00:00:12", Rational(24000, 1001), Rational(48000, 1001), "01:00:00:24"},
        {"00:01:00;02", ntsc, Rational(60000, 1001), "00:01:00;04"},
        {"00:01:00;04", Rational(60000, 1001), ntsc, "00:01:00;02"},
        {"01:00:00;00", ntsc, Rational(24), "01:00:00:00", true},
        {"01:00:00;29", ntsc, Rational(24), "01:00:00:23", true},
        {"01:00:00:15", Rational(30), Rational(24), "01:00:00:12"},
        {"01:00:00:00", Rational(25), Rational(), "", true},
        {"no timecode", Rational(25), Rational(25), "", true}};
    for (const Case& one : cases) {
        CAPTURE(one.code, one.from.to_string(), one.to.to_string());
        std::vector<std::string> warnings;
        CHECK(media::converted_timecode(one.code, one.from, 0, one.to, test::collect(warnings)) ==
              one.expected);
        CHECK(warnings.size() == (one.said ? 1 : 0));
    }
}

TEST_CASE("Drop-frame timecode at 24 frames a second is said to be so no more") {
    const Folder folder;
    const std::string source = film_with_code(folder, "30000/1001", "01:00:00;00");
    ReadOptions read;
    read.source_fps = Rational(24);
    const auto warnings = but_samples(warnings_of_copy(source, folder / "out.mov", {}, read));
    CHECK(timecode(folder / "out.mov") == "01:00:00:00");
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("drop-frame") != std::string::npos);
}

TEST_CASE("A timecode that pictures can't have is named") {
    const Folder folder;
    const std::string source = film_with_code(folder, "25", "00:00:10:00");
    const auto warnings = but_samples(warnings_of_copy(source, folder / "out.y4m"));
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("timecode") != std::string::npos);
}
