// What else comes in: pictures, pipes, turned and broken films.
#include "media_files.hpp"
#include "messages.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <catch2/catch.hpp>
#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <vector>

using namespace oldfilm;
using namespace media_files;
using Catch::Contains;

namespace {

Errc code_of(const std::string& path, ReadOptions options = {}) {
    try {
        Reader reader(path, std::move(options));
        all(reader);
    } catch (const Error& error) {
        CAPTURE(error.what());
        CHECK(std::string(error.what()).size() > 20);
        return error.code();
    }
    FAIL("nothing was refused: " << path);
    return Errc::internal;
}

/// Overwrites `count` bytes at `place` (a share of the file).
void damage(const std::string& path, double place, int count) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(
        static_cast<std::streamoff>(static_cast<double>(std::filesystem::file_size(path)) * place));
    for (int i = 0; i < count; ++i) {
        file.put(static_cast<char>(i * 37 + 11));
    }
}

} // namespace

TEST_CASE("What is no film is refused with the right reason") {
    const Folder folder;
    const std::string text = folder / "text.mp4";
    std::ofstream(text) << "this is no film, whatever its name says\n";
    std::ofstream(folder / "empty.mkv");
    ffmpeg("-f lavfi -i sine=duration=1 " + (folder / "sound.wav"));
    ffmpeg("-f lavfi -i testsrc2=size=32x32:rate=25:duration=1 -c:v libx264 " +
           (folder / "film.mp4"));
    std::filesystem::copy(folder / "film.mp4", folder / "cut.mp4");
    std::filesystem::resize_file(folder / "cut.mp4",
                                 std::filesystem::file_size(folder / "cut.mp4") /
                                     2); // without its index
    ffmpeg("-f lavfi -i testsrc2=size=32x32 -frames:v 0 -c:v ffv1 " + (folder / "zero.mkv"));
    CHECK(code_of(folder / "missing.mkv") == Errc::not_found);
    CHECK(code_of(folder / "missing%05d.png") == Errc::not_found);
    CHECK(code_of(folder / "empty.mkv") == Errc::unreadable);
    CHECK(code_of(text) == Errc::unreadable);
    CHECK(code_of(folder / "sound.wav") == Errc::unreadable);
    CHECK(code_of(folder / "cut.mp4") == Errc::unreadable);
    CHECK(code_of(folder / "zero.mkv") == Errc::unreadable);
    CHECK(code_of(folder.path().string()) == Errc::unreadable);
}

TEST_CASE("A truncated film gives what it holds and is reported") {
    const Folder folder;
    const std::string file = folder / "film.mkv";
    ffmpeg("-f lavfi -i testsrc2=size=64x64:rate=25:duration=4 -c:v ffv1 " + file);
    std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
    std::vector<std::string> warnings;
    ReadOptions options;
    options.log = test::collect(warnings);
    Reader reader(file, options);
    const std::size_t count = all(reader).size();
    CHECK(count >= 45);
    CHECK(count <= 50);
    CHECK(reader.concealed() > 0);
    CHECK_FALSE(warnings.empty());
    ReadOptions strict;
    strict.strict = true;
    CHECK(code_of(file, strict) == Errc::unreadable);
}

TEST_CASE("Damage in the middle is concealed and counted") {
    const Folder folder;
    for (const std::string codec : {"libx264 -g 25 -bf 2", "ffv1 -slicecrc 1 -level 3", "mjpeg"}) {
        const std::string file = folder / "film.mkv";
        ffmpeg("-f lavfi -i testsrc2=size=128x96:rate=25:duration=4 -c:v " + codec + " " + file);
        damage(file, 0.4, 600);
        damage(file, 0.6, 600);
        CAPTURE(codec);
        Reader reader(file);
        const std::vector<Frame> frames = all(reader);
        CHECK(frames.size() == 100);
        CHECK(reader.concealed() > 0);
        CHECK(reader.concealed() < 60);
        for (std::size_t k = 0; k < frames.size(); ++k) {
            CHECK(frames[k].info().time() == Rational(static_cast<std::int64_t>(k), 25));
        }
        ReadOptions strict;
        strict.strict = true;
        CHECK(code_of(file, strict) == Errc::unreadable);
    }
}

TEST_CASE("A size that changes is refused with the time") {
    const Folder folder;
    ffmpeg("-f lavfi -i testsrc2=size=64x64:rate=25:duration=1 -c:v libx264 " + (folder / "a.ts"));
    ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=25:duration=1 -c:v libx264 -output_ts_offset 1 " +
           (folder / "b.ts"));
    shell("cat " + (folder / "a.ts") + " " + (folder / "b.ts") + " > " + (folder / "ab.ts"));
    Reader reader(folder / "ab.ts");
    CHECK_THROWS_WITH(all(reader), Contains("64 x 64") && Contains("96 x 64") && Contains(" s;"));
    ffmpeg("-f lavfi -i testsrc2=size=64x64 -frames:v 3 " + (folder / "p%05d.png"));
    ffmpeg("-f lavfi -i testsrc2=size=66x64 -frames:v 1 " + (folder / "p00004.png"));
    CHECK(code_of(folder / "p%05d.png") == Errc::format_mismatch);
}

TEST_CASE("Pictures and sequences are films too") {
    const Folder folder;
    ffmpeg("-f lavfi -i testsrc=size=33x17 -frames:v 1 " + (folder / "one.png"));
    Reader one(folder / "one.png");
    const std::vector<Frame> single = all(one);
    REQUIRE(single.size() == 1);
    CHECK(single[0].width() == 33);
    CHECK(single[0].height() == 17);
    CHECK(single[0].info().duration > 0);
    for (const std::string kind : {"png", "tiff", "dpx", "exr"}) {
        const std::string pattern = folder / ("f%05d." + kind);
        ffmpeg("-f lavfi -i testsrc2=size=32x32 -frames:v 7 " +
               std::string(kind == "exr" ? "-pix_fmt gbrpf32le " : "") + pattern);
        ReadOptions options;
        options.source_fps = Rational(18);
        Reader reader(pattern, options);
        const std::vector<Frame> frames = all(reader);
        CAPTURE(kind);
        CHECK(frames.size() == 7);
        CHECK(frames.back().info().time() == Rational(6, 18));
        CHECK(frames[0].channels() == 3);
    }
}

TEST_CASE("Rotated and mirrored films come upright") {
    const Folder folder;
    ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=25:duration=1 -c:v libx264 -qp 0 " +
           (folder / "film.mp4"));
    for (const int angle : {90, 180, 270}) {
        const std::string file = folder / "turned.mp4";
        turned_copy(folder / "film.mp4", file, angle);
        ffmpeg("-i " + file + " -c:v ffv1 " + (folder / "truth.mkv")); // ffmpeg turns it itself
        Reader turned(file);
        Reader truth(folder / "truth.mkv");
        CAPTURE(angle);
        // `rotation` counts clockwise.
        CHECK(turned.info().rotation == (360 - angle) % 360);
        CHECK(turned.info().width == (angle == 180 ? 64 : 48));
        CHECK(turned.next()->picture().equal(truth.next()->picture()));
        WriteOptions options;
        options.overwrite = true;
        copy(file, folder / "written.mp4", options);
        Reader written(folder / "written.mp4");
        CHECK(written.info().rotation == 0);
        CHECK(written.info().width == turned.info().width);
    }
}

TEST_CASE("A part of each frame is read, after rotation and where a seek leads to") {
    const Folder folder;
    ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=25:duration=1 -c:v libx264 -qp 0 -g 5 " +
           (folder / "film.mp4"));
    turned_copy(folder / "film.mp4", folder / "turned.mp4", 90);
    ReadOptions options;
    options.crop = FrameArea{.left = 6, .top = 10, .width = 32, .height = 24};
    for (const std::string& file : {folder / "film.mp4", folder / "turned.mp4"}) {
        Reader part(file, options);
        CHECK(part.info().width == 32);
        CHECK(part.info().height == 24);
        CHECK(part.format().width == 32);
        Reader whole(file);
        const at::Tensor picture = whole.next()->picture();
        // Chroma is interpolated across the sides where there is more beyond them.
        const auto inner = [](const at::Tensor& whole_picture) {
            return whole_picture.slice(1, 12, 32).slice(2, 8, 36);
        };
        const auto inside = [](const at::Tensor& area) {
            return area.slice(1, 2, 22).slice(2, 2, 30);
        };
        CHECK(inside(part.next()->picture()).equal(inner(picture)));
        if (part.seek(13) && whole.seek(13)) {
            CHECK(inside(part.next()->picture()).equal(inner(whole.next()->picture())));
        }
    }
    for (const FrameArea wrong : {FrameArea{40, 0, 32, 24}, FrameArea{0, 0, 0, 24},
                                  FrameArea{-2, 0, 32, 24}, FrameArea{1, 0, 32, 24}}) {
        options.crop = wrong;
        CHECK(code_of(folder / "film.mp4", options) == Errc::invalid_argument);
    }
}

TEST_CASE("A film whose color says nothing is monochrome") {
    const Folder folder;
    const auto channels = [&](const std::string& filter, const std::string& format) {
        const std::string file = folder / "film.mkv";
        ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=25:duration=4 -vf '" + filter + "' -pix_fmt " +
               format + " -c:v ffv1 " + file);
        Reader reader(file);
        CHECK(reader.next()->channels() == reader.info().channels);
        return reader.info().channels;
    };
    CHECK(channels("hue=s=0", "yuv420p") == 1);
    CHECK(channels("hue=s=0", "yuv422p10le") == 1);
    CHECK(channels("null", "gray") == 1);
    CHECK(channels("null", "yuv420p") == 3);
    CHECK(channels("format=gray,format=gbrp", "bgr0") == 1);
    // A color film that fades in from black, or has a gray title, is a color film.
    CHECK(channels("fade=in:st=1:d=1", "yuv420p") == 3);
    CHECK(channels("hue=s=gte(t\\,2)", "yuv420p") == 3);
}

TEST_CASE("y4m comes by standard input") {
    const Folder folder;
    const std::string file = folder / "film.y4m";
    ffmpeg("-f lavfi -i testsrc2=size=48x32:rate=16 -frames:v 20 -pix_fmt yuv420p " + file);
    const int kept = dup(0);
    FILE* pipe = popen(("cat " + file).c_str(), "r"); // a pipe: no seeking
    REQUIRE(pipe != nullptr);
    dup2(fileno(pipe), 0);
    {
        Reader reader("-");
        Reader truth(file);
        const std::vector<Frame> frames = all(reader);
        CHECK(frames.size() == 20);
        CHECK(reader.info().frame_rate == Rational(16));
        CHECK(frames[0].picture().equal(truth.next()->picture()));
    }
    dup2(kept, 0);
    close(kept);
    pclose(pipe);
}

TEST_CASE("Telecined film is brought back to its film frames") {
    const Folder folder;
    const std::string file = folder / "tv.mkv";
    ffmpeg("-f lavfi -i testsrc2=size=160x96:rate=24000/1001 -vf telecine=pattern=23,setfield=tff "
           "-frames:v 150 -c:v ffv1 -field_order tt " +
           file);
    ffmpeg("-f lavfi -i testsrc2=size=160x96:rate=24000/1001 -frames:v 120 -c:v ffv1 " +
           (folder / "film.mkv"));
    ReadOptions options;
    options.deinterlace = true;
    Reader reader(file, options);
    Reader truth(folder / "film.mkv");
    CHECK(reader.info().frame_rate == Rational(24000, 1001));
    const std::vector<Frame> frames = all(reader);
    const std::vector<Frame> film = all(truth);
    CHECK(std::abs(static_cast<int>(frames.size()) - 120) <= 1);
    int same = 0;
    for (std::size_t k = 5; k < frames.size() && k < 110; ++k) {
        CHECK(frames[k].info().time() == Rational(static_cast<std::int64_t>(k) * 1001, 24000));
        const auto near = [&](std::size_t i) { // luma, since 4:2:0 chroma mixes fields
            return (frames[k].picture().mean(0) - film[i].picture().mean(0))
                       .abs()
                       .mean()
                       .item<double>() < 0.01;
        };
        same += near(k - 1) || near(k) || near(k + 1) ? 1 : 0;
    }
    CHECK(same > 100);
}

TEST_CASE("Interlaced film is warned about, and deinterlaced on request") {
    const Folder folder;
    const std::string file = folder / "tv.mkv";
    ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=50:duration=2 -vf "
           "tinterlace=interleave_top,setfield=tff -c:v ffv1 -field_order tt " +
           file);
    std::vector<std::string> warnings;
    ReadOptions options;
    options.log = test::collect(warnings);
    Reader as_is(file, options);
    CHECK(as_is.info().interlaced);
    CHECK(warnings.size() == 1);
    const std::size_t count = all(as_is).size();
    warnings.clear();
    options.deinterlace = true;
    Reader deinterlaced(file, options);
    const std::vector<Frame> frames = all(deinterlaced);
    CHECK(warnings.empty());
    CHECK(frames.size() == count); // one frame a frame
    CHECK(frames[10].info().time() == Rational(10, 25));
    // Combs are differences between neighboring lines that the lines after next do not have.
    const auto comb = [](const Frame& frame) {
        const at::Tensor p = frame.picture();
        const at::Tensor near = p.slice(1, 0, -2) - p.slice(1, 1, -1);
        return near.abs().mean().item<double>();
    };
    Reader again(file);
    CHECK(comb(frames[10]) < comb(all(again)[10]));
}

TEST_CASE("Protocols other than file and pipe are off unless named") {
    CHECK_THROWS_WITH(Reader("https://film.invalid/a.mkv"), Contains("--protocols https"));
    ReadOptions read;
    read.protocols = {"http"};
    CHECK_THROWS_WITH(Reader("https://film.invalid/a.mkv", read), Contains("--protocols https"));
    read.protocols = {"https"}; // tls and tcp below it are still off
    CHECK_THROWS_WITH(Reader("https://film.invalid/a.mkv", read),
                      Contains("not a film that FFmpeg can read"));
    // Nor does a playlist reach further than the person did.
    const Folder folder;
    std::ofstream(folder / "list.m3u8") << "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://"
                                           "film.invalid/a.ts\n#EXT-X-ENDLIST\n";
    CHECK_THROWS_AS(Reader(folder / "list.m3u8"), Error);
}
