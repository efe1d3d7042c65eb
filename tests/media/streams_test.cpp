// What goes along with the film: sound in sync, subtitles, chapters, attachments, tags.
#include "media_files.hpp"
#include "messages.hpp"

#include <oldfilm/error.hpp>

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

using namespace oldfilm;
using namespace media_files;

namespace {

/// Times of the stream's packets, from the film's first frame on.
std::vector<double> packets(const std::string& file, const std::string& stream) {
    std::vector<double> result;
    const double first = times(file).at(0);
    for (const std::string& line :
         probe(file, "-select_streams " + stream + " -show_entries packet=pts_time")) {
        result.push_back(std::stod(line) - first);
    }
    return result;
}

void check_sync(const std::string& before, const std::string& after, double tolerance) {
    CAPTURE(before, after);
    const std::vector<double> a = packets(before, "a:0");
    const std::vector<double> b = packets(after, "a:0");
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        REQUIRE(b[i] == Approx(a[i]).margin(tolerance));
    }
}

std::string full_film(const Folder& folder) {
    std::ofstream(folder / "words.srt") << "1\n00:00:00,500 --> 00:00:01,500\nWords\n\n";
    std::ofstream(folder / "meta.txt")
        << ";FFMETADATA1\ntitle=A Film\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=1000\ntitle=One\n"
           "[CHAPTER]\nTIMEBASE=1/1000\nSTART=1000\nEND=3000\ntitle=Two\n";
    std::ofstream(folder / "note.txt") << "a note";
    const std::string file = folder / "in.mkv";
    ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=25:duration=3 -f lavfi -i sine=duration=3 -i " +
           (folder / "words.srt") + " -i " + (folder / "meta.txt") +
           " -map 0:v -map 1:a -map 2:s -map_metadata 3 -attach " + (folder / "note.txt") +
           " -metadata:s:t mimetype=text/plain -c:v libx264 -bf 2 -c:a aac -c:s srt " +
           "-metadata:s:a language=deu " + file);
    return file;
}

} // namespace

TEST_CASE("Sound is copied in sync, whatever the clocks") {
    const Folder folder;
    const std::string mp4 = folder / "in.mp4";
    ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=25:duration=3 -f lavfi -i sine=duration=3 "
           "-c:v libx264 -bf 3 -c:a aac " +
           mp4);
    const std::string late = folder / "late.mkv";
    ffmpeg("-i " + mp4 + " -itsoffset 0.4 -i " + mp4 +
           " -map 0:v -map 1:a -c copy -output_ts_offset 1.5 " + late);
    for (const std::string& source : {mp4, late}) {
        for (const std::string name : {"out.mkv", "out.mp4", "out.mov"}) {
            WriteOptions options;
            options.codec = "h264";
            options.overwrite = true;
            copy(source, folder / name, options);
            check_sync(source, folder / name, 2.1e-3); // Matroska counts milliseconds
        }
    }
}

TEST_CASE("A part of a film takes its part of the sound") {
    const Folder folder;
    const std::string source = folder / "in.mkv";
    ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=25:duration=3 -f lavfi -i sine=duration=3 "
           "-c:v ffv1 -c:a pcm_s16le " +
           source);
    ReadOptions read;
    read.start = Rational(1);
    read.duration = Rational(1);
    copy(source, folder / "out.mkv", {}, read);
    CHECK(counted(folder / "out.mkv") == 25);
    const std::vector<double> sound = packets(folder / "out.mkv", "a:0");
    REQUIRE_FALSE(sound.empty());
    CHECK(sound.front() == Approx(0).margin(0.05));
    CHECK(sound.back() < 1);
    CHECK(sound.back() > 0.9);
}

TEST_CASE("Subtitles, chapters, attachments and metadata go along") {
    const Folder folder;
    const std::string source = full_film(folder);
    std::vector<std::string> warnings;
    WriteOptions options;
    options.log = test::collect(warnings);
    options.metadata = {{"oldfilm_plan", "{\"note\": 1}"}};
    copy(source, folder / "out.mkv", options);
    CHECK(warnings.empty());
    const std::string out = folder / "out.mkv";
    CHECK(probe(out, "-show_entries stream=codec_type") ==
          std::vector<std::string>{"video", "audio", "subtitle", "attachment"});
    CHECK(probe(out, "-show_entries chapter=start_time").size() == 2);
    CHECK(probe(out, "-show_entries format_tags=title").at(0) == "A Film");
    CHECK(probe(out, "-select_streams a -show_entries stream_tags=language").at(0) == "deu");
    CHECK_FALSE(probe(out, "-show_entries format_tags=OLDFILM_PLAN").empty());
    CHECK(packets(out, "s:0") == packets(source, "s:0"));
    shell("ffmpeg -v error -nostdin -y -dump_attachment:t:0 " + (folder / "dumped.txt") + " -i " +
          out + " 2>/dev/null; test \"$(cat " + (folder / "dumped.txt") + ")\" = 'a note'");
}

TEST_CASE("What the container cannot hold is refused, or named where it may be left out") {
    const Folder folder;
    const std::string source = full_film(folder);
    std::vector<std::string> warnings;
    WriteOptions options;
    options.log = test::collect(warnings);
    CHECK_THROWS_AS(copy(source, folder / "out.mp4", options), Error); // the attachment
    options.drop_streams = true;
    warnings.clear();
    copy(source, folder / "out.mp4", options);
    REQUIRE(warnings.size() == 2);
    CHECK(warnings[0].find("converted to mov_text") != std::string::npos);
    CHECK(warnings[1].find("attachment stream") != std::string::npos);
    CHECK(probe(folder / "out.mp4", "-show_entries stream=codec_type").size() >= 3);
    check_sync(source, folder / "out.mp4", 2.1e-3);
}

TEST_CASE("At another speed all that goes along keeps up, with a word on the sound") {
    const Folder folder;
    const std::string source = full_film(folder);
    std::vector<std::string> warnings;
    WriteOptions options;
    options.log = test::collect(warnings);
    ReadOptions read;
    read.source_fps = Rational(16);
    copy(source, folder / "out.mkv", options, read);
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("audio") != std::string::npos);
    CHECK(packets(folder / "out.mkv", "a:0").back() == Approx(3 * 25 / 16.0).margin(0.1));
    CHECK(packets(folder / "out.mkv", "s:0").at(0) == Approx(0.5 * 25 / 16.0).margin(2e-3));
    CHECK(probe(folder / "out.mkv", "-show_entries chapter=start_time").size() == 2);
    CHECK(counted(folder / "out.mkv") == 75);
}

TEST_CASE("Color tags and the sample aspect are written") {
    const Folder folder;
    const std::string source = folder / "in.mkv";
    ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=25 -frames:v 5 -vf "
           "setsar=16/15,setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv "
           "-pix_fmt yuv420p -c:v ffv1 " +
           source);
    for (const std::string name : {"out.mkv", "out.mp4", "out.mov"}) {
        CAPTURE(name);
        copy(source, folder / name);
        const auto value = [&](const std::string& key) {
            const auto lines =
                probe(folder / name, "-select_streams v:0 -show_entries stream=" + key);
            return lines.empty() ? std::string() : lines[0];
        };
        CHECK(value("color_space") == "bt709");
        CHECK(value("color_primaries") == "bt709");
        CHECK(value("color_transfer") == "bt709");
        // QuickTime's "colr" names no range, and FFmpeg 7 doesn't guess one.
        CHECK((value("color_range") == "tv" ||
               (name == "out.mov" && value("color_range") == "unknown")));
        CHECK(value("sample_aspect_ratio") == "16:15");
    }
}

TEST_CASE("y4m goes to standard output") {
    const Folder folder;
    const std::string source = folder / "in.mkv";
    ffmpeg("-f lavfi -i testsrc2=size=48x32:rate=16 -frames:v 9 -pix_fmt yuv420p -c:v ffv1 " +
           source);
    std::fflush(stdout);
    const int kept = dup(1);
    const int file = open((folder / "out.y4m").c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(file, 1);
    copy(source, "-");
    std::fflush(stdout);
    dup2(kept, 1);
    close(kept);
    close(file);
    CHECK(hashes(folder / "out.y4m", "yuv420p") == hashes(source, "yuv420p"));
    CHECK(probe(folder / "out.y4m", "-show_entries stream=r_frame_rate").at(0) == "16/1");
}
