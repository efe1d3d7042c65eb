// Sound into each container: held as it is or converted, in sync to the millisecond, cut where it
// was asked for.
#include "media_files.hpp"
#include "messages.hpp"

#include <oldfilm/error.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

using namespace oldfilm;
using namespace media_files;

namespace {

/// A click at 0.25 s and each half second after it, some samples wide.
const std::string clicks = "-f lavfi -i \"aevalsrc='0.8*exp(-pow((mod(t,0.5)-0.25)*1500,2))"
                           "*(1+0.01*sin(4000*t))':s=48000:d=2\" -ac 2 ";
const std::string pictures = "-f lavfi -i testsrc2=size=64x64:rate=10:duration=2 ";

/// A film of two seconds with clicks.
std::string film(const Folder& folder, const std::string& name, const std::string& sound) {
    const std::string file = folder / name;
    ffmpeg(pictures + clicks + "-map 0 -map 1 -c:v mpeg2video -q:v 3 -pix_fmt yuv420p -strict -2 " +
           sound + " " + file);
    return file;
}

/// When clicks are heard, from the film's first frame on, as ffmpeg plays the file.
std::vector<double> heard(const std::string& file) {
    const double first = times(file).at(0);
    const std::string bytes =
        shell("ffmpeg -v error -nostdin -copyts -i '" + file +
              "' -vn -map 0:a:0 -ac 1 -af "
              "aresample=48000:async=1:min_comp=0.0001:min_hard_comp=0.0005:first_pts=0 "
              "-f f32le -");
    std::vector<float> samples(bytes.size() / sizeof(float));
    std::memcpy(samples.data(), bytes.data(), samples.size() * sizeof(float));
    std::vector<double> found;
    const auto most = *std::max_element(samples.begin(), samples.end());
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const auto from = samples.begin() + static_cast<std::ptrdiff_t>(i > 999 ? i - 999 : 0);
        const auto to =
            samples.begin() + static_cast<std::ptrdiff_t>(std::min(i + 1000, samples.size()));
        if (samples[i] > most / 2 &&
            std::max_element(from, to) - samples.begin() == static_cast<std::ptrdiff_t>(i)) {
            found.push_back(static_cast<double>(i) / 48000 - first);
        }
    }
    return found;
}

void check_heard(const std::string& file, const std::vector<double>& expected) {
    const std::vector<double> found = heard(file);
    CAPTURE(file, found);
    REQUIRE(found.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(found[i] == Approx(expected[i]).margin(1.01e-3)); // Matroska counts milliseconds
    }
}

std::string sound_of(const std::string& file) {
    const auto codecs = probe(file, "-select_streams a -show_entries stream=codec_name");
    return codecs.empty() ? "" : codecs[0];
}

std::string samples_of(const std::string& file) {
    return shell("ffmpeg -v error -nostdin -i '" + file + "' -vn -map 0:a:0 -f s32le - | md5sum");
}

/// All four clicks. FFmpeg 5.1 itself muxes Opus into Matroska up to 7 ms early.
std::vector<double> heard_in_source(const std::string& file) {
    std::vector<double> found = heard(file);
    CAPTURE(file, found);
    REQUIRE(found.size() == 4);
    CHECK(found[0] == Approx(0.25).margin(8e-3));
    return found;
}

/// Those of a part, on its clock.
std::vector<double> part(const std::vector<double>& whole, double start, double lasts) {
    std::vector<double> found;
    for (const double click : whole) {
        if (click > start && click < start + lasts) {
            found.push_back(click - start);
        }
    }
    return found;
}

} // namespace

TEST_CASE("Sound of any kind goes into each container, in sync") {
    const Folder folder;
    struct Source {
        std::string name, options, mp4, mov, mkv, avi;
    };
    const bool pcm = mp4_holds_pcm();
    const auto mp4 = [&](const std::string& codec) { return pcm ? codec : "alac"; };
    const std::vector<Source> sources{
        {"pcm16.mkv", "-c:a pcm_s16le", mp4("pcm_s16le"), "pcm_s16le", "pcm_s16le", "pcm_s16le"},
        {"pcm24.mkv", "-c:a pcm_s24le", mp4("pcm_s24le"), "pcm_s24le", "pcm_s24le", "pcm_s24le"},
        {"float.mkv", "-c:a pcm_f32le", mp4("pcm_f32le"), "pcm_f32le", "pcm_f32le", "pcm_f32le"},
        // FFmpeg 5.1 can't read FLAC, ADPCM or Blu-ray's PCM from the AVI and MOV that it makes.
        {"flac16.mkv", "-c:a flac -sample_fmt s16", "flac", "pcm_s16le", "flac", "pcm_s16le"},
        {"flac24.mkv", "-c:a flac -sample_fmt s32 -bits_per_raw_sample 24", "flac", "pcm_s24le",
         "flac", "pcm_s24le"},
        {"opus.mkv", "-c:a libopus", "opus", "pcm_s24le", "opus", "pcm_s24le"},
        {"adpcm.mkv", "-c:a adpcm_ima_wav", "alac", "pcm_s16le", "adpcm_ima_wav", "pcm_s16le"},
        {"wma.mkv", "-c:a wmav2", "alac", "pcm_s24le", "wmav2", "pcm_s24le"},
        {"bluray16.m2ts", "-c:a pcm_bluray -sample_fmt s16 -mpegts_m2ts_mode 1", "alac",
         "pcm_s16le", "flac", "pcm_s16le"},
        {"bluray24.m2ts", "-c:a pcm_bluray -sample_fmt s32 -mpegts_m2ts_mode 1", "alac",
         "pcm_s24le", "flac", "pcm_s24le"},
    };
    for (const Source& source : sources) {
        CAPTURE(source.name);
        const std::string file = film(folder, source.name, source.options);
        const std::vector<double> expected = heard_in_source(file);
        for (const auto& [container, codec] : {std::pair(std::string("out.mp4"), source.mp4),
                                               {"out.mov", source.mov},
                                               {"out.mkv", source.mkv},
                                               {"out.avi", source.avi}}) {
            CAPTURE(container);
            std::vector<std::string> warnings;
            WriteOptions options;
            options.codec = container == "out.mp4" || container == "out.mov" ? "h264" : "ffv1";
            options.overwrite = true;
            options.log = test::collect(warnings);
            copy(file, folder / container, options);
            CHECK(sound_of(folder / container) == codec);
            const bool is_said =
                std::any_of(warnings.begin(), warnings.end(), [&](const std::string& line) {
                    return line.find("converted to " + codec) != std::string::npos;
                });
            CHECK(is_said == (codec != sound_of(file)));
            check_heard(folder / container, expected);
        }
    }
}

TEST_CASE("WebM gets Opus, and keeps what it can hold") {
    const Folder folder;
    for (const auto& [source, options] : {std::pair("flac.mkv", "-c:a flac"),
                                          {"aac.mp4", "-c:a aac"},
                                          {"vorbis.mkv", "-c:a libvorbis"}}) {
        const std::string file = film(folder, source, options);
        WriteOptions write;
        write.overwrite = true;
        copy(file, folder / "out.webm", write);
        CHECK(sound_of(folder / "out.webm") ==
              (std::string(source) == "vorbis.mkv" ? "vorbis" : "opus"));
        check_heard(folder / "out.webm", heard_in_source(file));
    }
}

TEST_CASE("Sound that is converted without loss has the same samples") {
    const Folder folder;
    const std::string file = film(folder, "pcm24.mkv", "-c:a pcm_s24le");
    for (const std::string name : {"out.mp4", "out.mov"}) {
        copy(file, folder / name);
        CHECK(samples_of(folder / name) == samples_of(file));
    }
    const std::string flac = film(folder, "flac.mkv", "-c:a flac");
    copy(flac, folder / "flac.mov");
    CHECK(samples_of(folder / "flac.mov") == samples_of(flac));
}

TEST_CASE("A part of a film has its part of the sound, to the sample where nothing is lost") {
    const Folder folder;
    ReadOptions read;
    read.start = Rational(4, 10);
    read.duration = Rational(1);
    for (const std::string codec : {"pcm_s16le", "flac", "aac", "libopus"}) {
        const std::string file = film(folder, codec + ".mkv", "-c:a " + codec);
        for (const std::string name : {"cut.mkv", "cut.mp4", "cut.mov"}) {
            CAPTURE(codec, name);
            WriteOptions options;
            options.overwrite = true;
            options.codec = "h264";
            copy(file, folder / name, options, read);
            check_heard(folder / name, part(heard_in_source(file), 0.4, 1));
            const double lasts =
                std::stod(shell("ffmpeg -v error -nostdin -i " + (folder / name) +
                                " -vn -map 0:a:0 -ac 1 -ar 48000 -f s16le - | wc -c")) /
                2 / 48000;
            const bool exact = codec == "pcm_s16le" || codec == "flac";
            CHECK(lasts == Approx(1).margin(exact ? 1e-4 : 0.06));
        }
    }
}

TEST_CASE("Sound that begins late or has a gap stays in sync") {
    const Folder folder;
    const std::string gap = folder / "gap.mkv";
    ffmpeg(
        pictures + clicks +
        "-map 0 -map 1 -af \"aselect='not(between(t,0.4,1.1))'\" -c:v mpeg2video -c:a pcm_s16le " +
        gap);
    const std::string whole = film(folder, "whole.mkv", "-c:a libmp3lame");
    const std::string late = folder / "late.mkv";
    ffmpeg("-i " + whole + " -itsoffset 0.3 -i " + whole + " -map 0:v -map 1:a -c copy " + late);
    check_heard(gap, {0.25, 1.25, 1.75});
    for (const std::string name : {"out.mp4", "out.mov", "out.mkv", "out.avi"}) {
        WriteOptions options;
        options.codec = name == "out.mp4" || name == "out.mov" ? "h264" : "ffv1";
        options.overwrite = true;
        copy(gap, folder / name, options);
        check_heard(folder / name, {0.25, 1.25, 1.75});
        copy(late, folder / name, options);
        check_heard(folder / name, {0.55, 1.05, 1.55, 2.05});
    }
}

TEST_CASE("An AVI, which has no times, begins with the film") {
    const Folder folder;
    const std::string whole = film(folder, "whole.mkv", "-c:a pcm_s16le");
    const std::string late = folder / "late.mkv";
    ffmpeg("-itsoffset 0.4 -i " + whole + " -i " + whole + " -map 0:v -map 1:a -c copy " + late);
    WriteOptions options;
    options.overwrite = true;
    copy(late, folder / "out.avi", options);
    CHECK(counted(folder / "out.avi") == 20);
    CHECK(times(folder / "out.avi").back() == Approx(1.9));
    check_heard(folder / "out.avi", part(heard_in_source(whole), 0.4, 2));

    const std::string early = folder / "early.avi";
    ffmpeg(pictures + clicks + "-map 0 -map 1 -c:v mpeg4 -c:a ac3 " + early);
    copy(early, folder / "out.avi", options);
    CHECK(sound_of(folder / "out.avi") == "ac3");
    check_heard(folder / "out.avi", heard_in_source(early));
    ReadOptions read;
    read.start = Rational(4, 10);
    copy(early, folder / "out.avi", options, read);
    CHECK(sound_of(folder / "out.avi") == "pcm_s24le");
    check_heard(folder / "out.avi", part(heard_in_source(early), 0.4, 2));
}

TEST_CASE("At another speed the sound keeps up with the film") {
    const Folder folder;
    const std::string file = film(folder, "in.mkv", "-c:a pcm_s16le");
    ReadOptions read;
    read.source_fps = Rational(8); // a film of 10
    const auto warnings = warnings_of_copy(file, folder / "out.mkv", {}, read);
    check_heard(folder / "out.mkv", {0.3125, 0.9375, 1.5625, 2.1875});
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("0.8 of its speed") != std::string::npos);
}

TEST_CASE("Sound goes silently only where that was asked for") {
    const Folder folder;
    const std::string file = film(folder, "in.mkv", "-c:a aac");
    const auto warnings = warnings_of_copy(file, folder / "out.y4m");
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("audio stream 1 (aac)") != std::string::npos);
    WriteOptions options;
    options.audio = false;
    options.overwrite = true;
    CHECK(warnings_of_copy(file, folder / "out.y4m", options).empty());
    CHECK(warnings_of_copy(file, folder / "out.mp4", options).empty());
    CHECK(sound_of(folder / "out.mp4").empty());
}

TEST_CASE("A stream that an output can't hold is refused before work begins") {
    const Folder folder;
    const std::string one = film(folder, "one.mkv", "-c:a aac");
    const std::string two = folder / "two.mkv";
    ffmpeg("-i " + one + " -i " + one + " -map 0:v -map 1:v -map 0:a -c copy " + two);
    const Reader source(two);
    std::vector<std::string> warnings;
    WriteOptions options = like(source.info());
    options.log = test::collect(warnings);
    try {
        const Writer writer(folder / "out.mkv", options, &source);
        FAIL("not refused");
    } catch (const Error& error) {
        CHECK(error.code() == Errc::invalid_argument);
        CHECK(std::string(error.what()).find("video stream 1") != std::string::npos);
        CHECK(std::string(error.what()).find("--drop-streams") != std::string::npos);
    }
    options.drop_streams = true;
    copy(two, folder / "out.mkv", options);
    REQUIRE(warnings.size() == 1);
    CHECK(warnings[0].find("video stream 1") != std::string::npos);
}
