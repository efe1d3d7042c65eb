// Everything that can be written is: each codec and container that the help names, with a stage, in
// segments; each size; and what changes of a film's samples is said.
#include "media_files.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/restore.hpp>

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string_view>

using namespace oldfilm;
using namespace media_files;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

/// Ends the program where a codec never does.
class Limit {
  public:
    explicit Limit(unsigned seconds) {
        std::signal(SIGALRM, [](int) {
            constexpr std::string_view text = "media_codecs_test: an encoder never ended\n";
            static_cast<void>(!write(STDERR_FILENO, text.data(), text.size()));
            _exit(1);
        });
        alarm(seconds);
    }
    ~Limit() { alarm(0); }
    Limit(const Limit&) = delete;
    Limit& operator=(const Limit&) = delete;
};

/// Three shots of 14 frames: three segments.
std::string three_shots(const Folder& folder) {
    std::string file = folder / "in.mkv";
    ffmpeg("-f lavfi -i testsrc2=size=64x64:rate=24 -f lavfi -i mandelbrot=size=64x64:rate=24 "
           "-f lavfi -i smptebars=size=64x64:rate=24 -filter_complex "
           "'[0:v]trim=end_frame=14[a];[1:v]trim=end_frame=14[b];[2:v]trim=end_frame=14[c];"
           "[a][b][c]concat=n=3' -pix_fmt yuv420p -c:v ffv1 " +
           file);
    return file;
}

/// What was said while `from` was written to `to`.
std::string said(const std::string& from, const std::string& to, WriteOptions options = {}) {
    options.overwrite = true;
    return fmt::format("{}", fmt::join(warnings_of_copy(from, to, options), "\n"));
}

std::string format_of(const std::string& file) {
    return probe(file, "-select_streams v -show_entries stream=pix_fmt").at(0);
}

} // namespace

TEST_CASE("Every codec and container that the help names is written with a stage, in segments") {
    const Folder folder;
    const std::string in = three_shots(folder);
    // Of `oldfilm restore --help`; those of an NVIDIA GPU are tested where there is one.
    const auto [name, codec] = GENERATE(table<std::string, std::string>({
        {"a.mkv", "h264"},
        {"a.mkv", "h265"},
        {"a.mkv", "av1"},
        {"a.mkv", "ffv1"},
        {"a.mov", "prores"},
        {"%03d.png", "png"},
        {"%03d.tif", ""},
        {"%03d.exr", "exr"},
        {"%03d.dpx", "dpx"},
        {"a.y4m", "y4m"},
        {"a.mp4", ""},
        {"a.mkv", ""},
        {"a.mov", ""},
        {"a.webm", ""},
        {"a.avi", ""},
        {"a.nut", ""},
        {"a.mp4", "av1"},
        {"a.m4v", ""},
    }));
    CAPTURE(name, codec);
    const Limit limit(60);
    RestoreOptions options;
    options.codec = codec;
    Pipeline pipeline;
    pipeline.add("deflicker");
    const RestoreResult result = restore(in, folder / name, pipeline, options);
    CHECK(result.frames_out == 42);
    if (name.front() == '%') {
        CHECK(fs::exists(folder / ("042" + fs::path(name).extension().string())));
        CHECK_FALSE(fs::exists(folder / ("043" + fs::path(name).extension().string())));
    } else {
        CHECK(counted(folder / name) == 42);
    }
    CHECK_FALSE(fs::exists(folder / (name + ".oldfilm-job")));
}

TEST_CASE("What a container can't hold is refused before the work") {
    const Folder folder;
    const std::string in = three_shots(folder);
    Pipeline pipeline;
    pipeline.add("deflicker");
    const auto [name, codec] = GENERATE(table<std::string, std::string>(
        {{"a.webm", "prores"}, {"a.m4v", "h265"}, {"a.mp4", "prores"}, {"a.xyz", "h264"}}));
    CAPTURE(name, codec);
    RestoreOptions options;
    options.codec = codec;
    bool began = false;
    options.progress = [&](const Progress&) { began = true; };
    CHECK_THROWS_AS(restore(in, folder / name, pipeline, options), Error);
    CHECK_FALSE(began);
    CHECK_FALSE(fs::exists(folder / (name + ".oldfilm-job")));
}

TEST_CASE("FFV1 takes every size, and gives back every sample") {
    const Folder folder;
    const auto size = GENERATE(as<std::string>(), "543x337", "1919x1079", "1x1", "2x2", "3x3",
                               "5x4", "7x9", "16x16", "15x1", "1x16", "353x3", "2x400", "8x1079");
    for (const std::string format : {"yuv420p", "yuv422p", "yuv444p10le", "gray"}) {
        CAPTURE(size, format);
        // FFmpeg's own choice of slices doesn't take all of these, and of those one pixel wide or
        // high it gives back other samples: noise shows it.
        const std::string in = folder / "in.nut";
        ffmpeg(
            "-f lavfi -i \"nullsrc=size=64x64:rate=24,geq=lum='random(1)*255':cb='random(2)*255':"
            "cr='random(3)*255'\" -sws_flags neighbor -frames:v 2 -s " +
            size + " -pix_fmt " + format + " -c:v rawvideo " + in);
        WriteOptions options;
        options.codec = "ffv1";
        options.pixel_format = format;
        options.overwrite = true;
        copy(in, folder / "out.mkv", options);
        CHECK(hashes(folder / "out.mkv", format) == hashes(in, format));
    }
}

TEST_CASE("What an output changes of the film's samples is said, once and before the work") {
    const Folder folder;
    const auto film = [&](const std::string& size, const std::string& format,
                          const std::string& codec = "ffv1") {
        std::string file = folder / (format + "-" + size + ".mov");
        ffmpeg("-f lavfi -i testsrc2=size=" + size + ":rate=24,format=rgb24 -frames:v 3 -pix_fmt " +
               format + " -c:v " + codec + " " + file);
        return file;
    };
    SECTION("nothing where nothing changes") {
        CHECK(said(film("64x48", "yuv420p"), folder / "out.mp4").empty());
        CHECK(said(film("64x48", "yuv422p10le"), folder / "out.mov").empty());
        WriteOptions lossless;
        lossless.codec = "ffv1";
        CHECK(said(film("64x48", "yuv444p"), folder / "out.mkv", lossless).empty());
    }
    SECTION("an odd size into MP4 becomes 4:4:4") {
        const std::string text = said(film("63x47", "yuv420p"), folder / "out.mp4");
        CHECK_THAT(text, Contains("4:2:0") && Contains("4:4:4") && Contains("h264"));
        CHECK(format_of(folder / "out.mp4") == "yuv444p");
    }
    SECTION("4:2:2 in ten bits becomes 4:2:0") {
        const std::string text = said(film("64x48", "yuv422p10le"), folder / "out.mp4");
        CHECK_THAT(text, Contains("4:2:2") && Contains("4:2:0") && Contains("10 bits"));
    }
    SECTION("ProRes 4444 stays 4:4:4 in ProRes") {
        const std::string in = film("64x48", "yuv444p10le", "prores_ks -profile:v 4444");
        const std::string text = said(in, folder / "out.mov");
        CHECK(format_of(folder / "out.mov").starts_with("yuv444p"));
        CHECK(probe(folder / "out.mov", "-show_entries stream=profile").at(0) == "4444");
        CHECK(psnr(folder / "out.mov", in) > 40);
        if (format_of(in) != "yuv444p10le") { // FFmpeg decodes 12 bits of it
            CHECK_THAT(text, Contains("12 bits") && Contains("10 bits"));
        }
    }
    SECTION("sixteen bits become ten") {
        CHECK_THAT(said(film("64x48", "gray16le"), folder / "out.mp4"),
                   Contains("16 bits") && Contains("10 bits"));
    }
}
