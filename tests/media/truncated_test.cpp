// Films that are not whole: every frame that FFmpeg decodes comes out, and what is missing is said.
#include "media_files.hpp"
#include "messages.hpp"

#include <oldfilm/error.hpp>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

using namespace oldfilm;
using namespace media_files;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

/// 100 frames in which none is much like another, so that all take their share of bytes.
std::string whole(const Folder& folder, const std::string& codec, const std::string& name) {
    const std::string file = folder / name;
    ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=25:duration=4 -c:v " + codec + " " + file);
    return file;
}

/// The first `part` of a file's bytes.
std::string cut(const std::string& file, const Folder& folder, double part) {
    std::string copy = folder / "cut" + fs::path(file).extension().string();
    fs::copy_file(file, copy, fs::copy_options::overwrite_existing);
    const auto size = static_cast<double>(fs::file_size(file));
    // A transport stream that is cut between two packets bears no trace of it.
    const auto bytes = static_cast<std::uintmax_t>(part * size);
    fs::resize_file(copy, part < 1 && bytes % 188 == 0 ? bytes - 1 : bytes);
    return copy;
}

/// Frames that the ffmpeg program gives, damaged ones among them.
std::int64_t by_ffmpeg(const std::string& file) {
    return std::stoll(shell("ffmpeg -v quiet -nostdin -flags +output_corrupt -i '" + file +
                            "' -map 0:v -fps_mode passthrough -f framemd5 - | grep -vc '^#'"));
}

struct Read {
    std::int64_t frames = 0, concealed = 0;
    std::string said;
};

Read read(const std::string& file) {
    Read result;
    ReadOptions options;
    options.log = test::collect(result.said);
    Reader reader(file, options);
    while (const std::optional<Frame> frame = reader.next()) {
        ++result.frames;
    }
    result.concealed = reader.concealed();
    return result;
}

Errc strictly(const std::string& file) {
    ReadOptions options;
    options.strict = true;
    try {
        Reader reader(file, options);
        while (reader.next()) {
        }
    } catch (const Error& error) {
        return error.code();
    }
    return Errc::internal; // nothing was thrown
}

void overwrite(const std::string& file, std::int64_t place, const std::string& bytes) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(place);
    stream << bytes;
}

} // namespace

TEST_CASE("A film that is cut off gives every frame that is there, and says what is missing") {
    const Folder folder;
    const auto [codec, name] = GENERATE(table<std::string, std::string>({
        {"libx264 -bf 2 -g 24", "film.mkv"},
        {"ffv1 -level 3 -slicecrc 1 -g 1", "film.mkv"},
        {"mpeg4 -bf 2", "film.mkv"},
        {"libvpx-vp9 -b:v 300k", "film.webm"},
        {"libx264 -bf 2 -g 24 -movflags +faststart", "film.mp4"},
        {"libx264 -g 24 -movflags +frag_keyframe+empty_moov", "fragments.mp4"},
        {"prores_ks -movflags +faststart", "film.mov"},
        {"mpeg2video -bf 2 -b:v 2M", "film.ts"},
        {"libx264 -bf 2 -g 24", "film.ts"},
        {"mjpeg -q:v 3", "film.avi"},
        {"mpeg4", "film.avi"},
    }));
    CAPTURE(codec, name);
    const std::string file = whole(folder, codec, name);
    const Read all = read(file);
    INFO(all.said);
    CHECK(all.frames == 100);
    CHECK(all.concealed == 0);
    CHECK(all.said.empty());
    for (const double part : {0.98, 0.99, 0.5}) {
        CAPTURE(part);
        const std::string short_film = cut(file, folder, part);
        const Read some = read(short_film);
        INFO(some.said);
        CHECK(some.frames >= by_ffmpeg(short_film));
        CHECK(some.frames <= 100);
        CHECK(some.concealed > 0);
        CHECK_THAT(some.said, Contains("breaks off"));
        CHECK(strictly(short_film) == Errc::unreadable);
    }
}

TEST_CASE("A frame that can't be decoded at the end takes none of the good ones with it") {
    const Folder folder;
    const std::string file = whole(folder, "ffv1 -level 3 -slicecrc 1 -g 1", "film.mkv");
    const std::vector<std::string> packets =
        probe(file, "-select_streams v -show_entries packet=pos,size");
    REQUIRE(packets.size() == 100);
    for (const std::size_t packet : {std::size_t{96}, std::size_t{99}}) { // in the draining, too
        const std::string hurt = cut(file, folder, 1);
        const std::string& line = packets[packet]; // size,pos
        const std::size_t comma = line.find(',');
        const std::int64_t size = std::stoll(line.substr(0, comma));
        const std::int64_t place = std::stoll(line.substr(comma + 1));
        // To its end, where the sizes of its slices are: a slice alone FFmpeg replaces silently.
        overwrite(hurt, place + 20, std::string(static_cast<std::size_t>(size - 14), '\xff'));
        const Read all = read(hurt);
        CAPTURE(packet, all.said);
        CHECK(all.frames >= 99);
        CHECK(all.frames >= by_ffmpeg(hurt));
        CHECK(all.concealed > 0);
        CHECK(strictly(hurt) == Errc::unreadable);
    }
}

TEST_CASE("A slice of FFV1 that is not what was written is damage") {
    const Folder folder;
    for (const std::string checksums : {"1", "0"}) {
        const std::string file =
            whole(folder, "ffv1 -level 3 -slices 4 -slicecrc " + checksums, checksums + ".mkv");
        CHECK(read(file).concealed == 0);
        overwrite(file, static_cast<std::int64_t>(fs::file_size(file) / 2), "xy");
        const Read damaged = read(file);
        CHECK(damaged.frames == 100);
        if (checksums == "1") { // without, nothing can tell
            CHECK(damaged.concealed >= 1);
            CHECK(strictly(file) == Errc::unreadable);
        }
    }
}

TEST_CASE("A last frame of y4m that is cut off is not dropped without a word") {
    const Folder folder;
    const std::string file = whole(folder, "wrapped_avframe", "film.y4m");
    CHECK(read(file).said.empty());
    const Read some = read(cut(file, folder, 0.985));
    INFO(some.said);
    CHECK(some.frames == 98);
    CHECK(some.concealed > 0);
}

TEST_CASE("A film that is still being written is not taken for whole") {
    const Folder folder;
    const std::string file = whole(folder, "ffv1 -g 1", "film.mkv");
    SECTION("its file grows") {
        Read result;
        ReadOptions options;
        options.log = test::collect(result.said);
        Reader reader(file, options);
        REQUIRE(reader.next());
        std::ofstream(file, std::ios::binary | std::ios::app) << "more of it";
        while (reader.next()) {
        }
        CHECK(reader.concealed() > 0);
        CHECK_THAT(result.said, Contains("changed while it was read"));
    }
    SECTION("its container has no end") {
        const std::string piped = folder / "piped.mkv";
        shell("ffmpeg -v error -nostdin -i '" + file + "' -c copy -f matroska - > '" + piped + "'");
        const Read all = read(piped);
        CHECK(all.frames == 100);
        CHECK_THAT(all.said, Contains("no mark of its end"));
    }
}

TEST_CASE("Films that are whole raise no alarm, however their containers count") {
    const Folder folder;
    const std::string sound = " -f lavfi -i sine=duration=5 -c:a aac ";
    const std::string picture = "-f lavfi -i testsrc2=size=96x64:rate=24000/1001:duration=3 ";
    const auto [how, name] = GENERATE_COPY(table<std::string, std::string>({
        {picture + sound + "-c:v libx264 -bf 3", "longer-sound.mkv"},
        {picture + sound + "-c:v libx264 -bf 3", "longer-sound.mp4"},
        {picture + sound + "-c:v mpeg2video -bf 2", "longer-sound.mxf"},
        {picture + "-c:v libx264 -bf 3 -output_ts_offset 7.77", "late.mkv"},
        {picture + "-c:v libx264 -bf 3 -output_ts_offset 7.77", "late.mp4"},
        {picture + "-c:v mpeg4 -bf 2", "b.avi"},
        {picture + "-frames:v 1 -c:v ffv1", "one.mkv"},
        {picture + "-c:v mpeg2video", "film.mpg"},
        {picture + "-c:v flv1", "film.flv"},
        {picture + "-c:v ffv1", "film.nut"},
        {picture + "-vf \"select='not(mod(n,5))+not(mod(n,7))'\" -fps_mode vfr -c:v libx264",
         "variable.mkv"},
        {picture + "-vf \"select='not(mod(n,5))+not(mod(n,7))'\" -fps_mode vfr -c:v libx264",
         "variable.mp4"},
        {picture + "-c:v libx264 -bsf:v h264_mp4toannexb", "film.h264"},
    }));
    CAPTURE(name);
    if (name == "longer-sound.mxf") {
        ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=25:duration=3 -f lavfi -i sine=duration=5 "
               "-ar 48000 -c:v mpeg2video -bf 2 -c:a pcm_s16le " +
               (folder / name));
    } else {
        ffmpeg(how + " " + (folder / name));
    }
    const Read all = read(folder / name);
    CHECK(all.frames == counted(folder / name));
    CHECK(all.concealed == 0);
    CHECK(all.said.empty());
    CHECK(strictly(folder / name) == Errc::internal);
}
