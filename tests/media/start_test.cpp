// Films whose clock does not begin at 0: the output begins where the film does, with its sound.
#include "media_files.hpp"

#include <oldfilm/restore.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace oldfilm;
using namespace media_files;

namespace {

/// 2 s of picture; the sound begins so many seconds after it.
std::string film(const Folder& folder, const std::string& name, const std::string& codecs,
                 const std::string& offset, double sound_after) {
    std::string file = folder / name;
    ffmpeg("-itsoffset " + std::to_string(std::max(-sound_after, 0.0)) +
           " -f lavfi -i testsrc2=size=128x96:rate=25:duration=2 -itsoffset " +
           std::to_string(std::max(sound_after, 0.0)) +
           " -f lavfi -i sine=duration=2:sample_rate=48000 " + codecs + " -output_ts_offset " +
           offset + " " + file);
    return file;
}

double start_of(const std::string& file, const std::string& stream) {
    double first = std::numeric_limits<double>::infinity();
    for (const std::string& time :
         probe(file, "-select_streams " + stream + " -show_entries packet=pts_time")) {
        first = time == "N/A" ? first : std::min(first, std::stod(time));
    }
    return first;
}

double first_picture(const std::string& file) {
    return start_of(file, "v:0");
}

/// So much later than the picture the sound begins.
double sound_after(const std::string& file) {
    return start_of(file, "a:0") - first_picture(file);
}

void check_start(const std::string& in, const std::string& out) {
    CAPTURE(in, out);
    const double sound = sound_after(in);
    CHECK(std::abs(first_picture(out) - std::max(-sound, 0.0)) < 0.003);
    CHECK(std::abs(sound_after(out) - sound) < 0.003); // Matroska counts milliseconds
    CHECK(counted(out) == counted(in));
}

} // namespace

TEST_CASE("A film that starts late on its container's clock starts at 0, its sound in sync") {
    const Folder folder;
    const auto [name, codecs, offset] = GENERATE(table<std::string, std::string, std::string>({
        {"in.ts", "-c:v mpeg2video -bf 2 -c:a mp2", "93600"},
        {"in.ts", "-c:v libx264 -bf 2 -c:a aac", "2.8"},
        {"in.mkv", "-c:v libx264 -bf 2 -c:a flac", "2.8"},
        {"in.mkv", "-c:v ffv1 -c:a flac", "93600"},
        {"in.mp4", "-c:v libx264 -bf 2 -c:a aac", "2.8"},
        {"in.mov", "-c:v prores_ks -c:a pcm_s16le", "2.8"},
        {"in.mxf", "-c:v mpeg2video -c:a pcm_s16le", "2.8"},
        {"in.mpg", "-c:v mpeg2video -c:a mp2", "2.8"},
    }));
    for (const double after : {0.0, 0.4, -0.2}) {
        if (name == "in.mxf" && after != 0) {
            continue; // its streams begin together
        }
        CAPTURE(name, offset, after);
        const std::string in = film(folder, name, codecs, offset, after);
        WriteOptions options;
        options.codec = "h264";
        options.overwrite = true;
        copy(in, folder / "out.mkv", options);
        check_start(in, folder / "out.mkv");
    }
}

TEST_CASE("With stages, in segments and in part, too") {
    const Folder folder;
    const std::string in = film(folder, "in.ts", "-c:v mpeg2video -bf 2 -c:a mp2", "93600", 0.4);
    Pipeline pipeline;
    pipeline.add("deflicker");
    RestoreOptions options;
    options.codec = "h264";
    options.overwrite = true;
    for (const std::string name : {"out.mkv", "out.mp4"}) {
        restore(in, folder / name, pipeline, options);
        check_start(in, folder / name);
    }
    options.read.start = Rational(1, 5);
    options.read.duration = Rational(1);
    const std::string part = folder / "part.mkv";
    restore(in, part, pipeline, options);
    CHECK(counted(part) == 25);
    CHECK(std::abs(first_picture(part)) < 0.003);
    CHECK(std::abs(start_of(part, "a:0") - 0.2) < 0.03); // a packet of sound
    const auto sound = probe(part, "-select_streams a:0 -show_entries packet=pts_time");
    CHECK(std::stod(sound.back()) < 1);
    CHECK(std::stod(sound.back()) > 0.9);
}
