// Frames into files: lossless where nothing changed, whole or not at all.
#include "media_files.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <catch2/catch.hpp>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

using namespace oldfilm;
using namespace media_files;

namespace {

namespace fs = std::filesystem;

std::string film(const Folder& folder, const std::string& name, const std::string& rest,
                 int frames = 12) {
    const std::string file = folder / name;
    ffmpeg("-f lavfi -i testsrc2=size=96x64:rate=25 -frames:v " + std::to_string(frames) + " " +
           rest + " " + file);
    return file;
}

/// The names in the folder, without those that start with `input`.
std::vector<std::string> left_over(const Folder& folder) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder.path())) {
        const std::string name = entry.path().filename().string();
        if (!name.starts_with("in.")) {
            names.push_back(name);
        }
    }
    return names;
}

template <class Work>
Errc code_of(Work&& work) {
    try {
        work();
    } catch (const Error& error) {
        CAPTURE(error.what());
        CHECK(std::string(error.what()).size() > 20);
        return error.code();
    }
    FAIL("nothing was refused");
    return Errc::internal;
}

} // namespace

TEST_CASE("A pass through FFV1 leaves every sample and time as it was") {
    const Folder folder;
    for (const std::string format :
         {"yuv420p",     "yuv422p",     "yuv444p",  "yuv411p",  "yuv420p10le", "yuv422p10le",
          "yuv444p12le", "yuv420p16le", "gray",     "gray10le", "gray16le",    "gbrp10le",
          "gbrp16le",    "bgr0",        "yuvj420p", "nv12",     "rgb24",       "gbrp",
          "uyvy422",     "gray12le",    "rgb48le",  "yuv440p"}) {
        CAPTURE(format);
        const std::string source =
            film(folder, "in.nut", "-pix_fmt " + format + " -c:v rawvideo", 5);
        WriteOptions options;
        options.codec = "ffv1";
        Reader reader(source);
        options.pixel_format = reader.info().pixel_format;
        options.overwrite = true;
        copy(source, folder / "out.mkv", options);
        const std::string compared = format == "bgr0" ? "gbrp" : format; // its 0 is any number
        CHECK(hashes(folder / "out.mkv", compared) == hashes(source, compared));
    }
}

TEST_CASE("Variable and constant rates keep their times when written") {
    const Folder folder;
    const std::string odd = film(folder, "in.mp4",
                                 "-vf \"select='not(eq(mod(n,7),3))*not(eq(mod(n,5),2))'\" "
                                 "-fps_mode vfr -c:v libx264 -bf 2",
                                 60);
    const std::string even = film(folder, "in.mkv", "-c:v ffv1", 30);
    for (const std::string& source : {odd, even}) {
        for (const std::string target : {"out.mkv", "out.mp4"}) {
            CAPTURE(source, target);
            WriteOptions options;
            options.overwrite = true;
            copy(source, folder / target, options);
            const std::vector<double> before = times(source);
            const std::vector<double> after = times(folder / target);
            REQUIRE(before.size() == after.size());
            for (std::size_t i = 0; i < before.size(); ++i) {
                CHECK(after[i] == Approx(before[i]).margin(1.1e-3));
            }
        }
    }
}

TEST_CASE("Outside what a stage touched, coded samples come back, color too") {
    const Folder folder;
    const std::string source = film(folder, "in.mkv", "-pix_fmt yuv420p -c:v ffv1", 1);
    Reader reader(source);
    const Frame frame = *reader.next();
    at::Tensor repaired = frame.picture().clone();
    repaired.slice(1, 20, 30).slice(2, 40, 50).fill_(0.5);
    WriteOptions options = like(reader.info());
    options.codec = "ffv1";
    options.pixel_format = "yuv420p";
    Writer writer(folder / "out.mkv", options);
    writer.write(frame.with_picture(repaired));
    writer.finish();
    const auto samples = [](const std::string& file) {
        return shell("ffmpeg -v error -nostdin -i " + file + " -f rawvideo -pix_fmt yuv420p -");
    };
    const std::string before = samples(source);
    const std::string after = samples(folder / "out.mkv");
    REQUIRE(before.size() == after.size());
    int changed = 0;
    for (int y = 0; y < 64; ++y) {
        for (int x = 0; x < 96; ++x) {
            const std::size_t i = static_cast<std::size_t>(y * 96 + x);
            const bool inside = y >= 20 && y < 30 && x >= 40 && x < 50;
            changed += before[i] != after[i] ? 1 : 0;
            CHECK((inside || before[i] == after[i]));
        }
    }
    CHECK(changed > 50);
    for (int plane = 0; plane < 2; ++plane) {
        for (int y = 0; y < 32; ++y) {
            for (int x = 0; x < 48; ++x) {
                const auto i = static_cast<std::size_t>(96 * 64 + plane * 48 * 32 + y * 48 + x);
                const bool near = y >= 9 && y < 16 && x >= 19 && x < 26;
                CHECK((near || before[i] == after[i]));
            }
        }
    }
}

TEST_CASE("A full-range film written in limited range keeps its look") {
    const Folder folder;
    const std::string source =
        film(folder, "in.mkv",
             "-vf format=yuv420p,setparams=range=pc:colorspace=bt709 -c:v ffv1 -color_range pc");
    copy(source, folder / "out.mkv"); // H.264
    Reader before(source);
    Reader after(folder / "out.mkv");
    CHECK(before.info().color.range == Range::full);
    const double off =
        (before.next()->picture() - after.next()->picture()).abs().mean().item<double>();
    CHECK(off < 0.02);
}

TEST_CASE("Every codec writes all frames, close to the source") {
    const Folder folder;
    const std::string source = film(folder, "in.mkv", "-pix_fmt yuv420p -c:v ffv1", 10);
    const std::string gray = film(folder, "in.gray.mkv", "-pix_fmt gray -c:v ffv1", 10);
    struct Case {
        std::string codec, file, read;
    };
    for (const Case& c : std::vector<Case>{{"h264", "out.mp4", ""},
                                           {"h265", "out.mkv", ""},
                                           {"h265", "out.mp4", ""},
                                           {"av1", "out.mkv", ""},
                                           {"ffv1", "out.mkv", ""},
                                           {"prores", "out.mov", ""},
                                           {"png", "p%04d.png", ""},
                                           {"tiff", "t%04d.tif", ""},
                                           {"exr", "e%04d.exr", ""},
                                           {"dpx", "d%04d.dpx", ""},
                                           {"y4m", "out.y4m", ""}}) {
        for (const std::string& in : {source, gray}) {
            CAPTURE(c.codec, c.file, in);
            WriteOptions options;
            options.codec = c.codec;
            options.overwrite = true;
            copy(in, folder / c.file, options);
            Reader before(in);
            Reader after(folder / c.file);
            const std::vector<Frame> a = all(before);
            const std::vector<Frame> b = all(after);
            REQUIRE(a.size() == b.size());
            const at::Tensor last = b[9].picture();
            CHECK((a[9].picture() - last).abs().mean().item<double>() < 0.02);
            const bool lossless_gray = c.codec == "ffv1" || c.codec == "png" || c.codec == "y4m";
            if (in == gray && lossless_gray) {
                CHECK(after.info().pixel_format.starts_with("gray"));
                CHECK(a[9].picture().equal(last));
            }
            if (in == gray && c.codec == "exr") { // to linear light and back
                CHECK(after.info().pixel_format.starts_with("gray"));
                CHECK((a[9].picture() - last).abs().max().item<double>() < 1e-5);
            }
        }
    }
}

TEST_CASE("Deep sources keep their depth") {
    const Folder folder;
    const std::string source =
        film(folder, "in.mkv", "-vf format=gbrp16le,noise=alls=20 -c:v ffv1", 3);
    for (const std::string name : {"p%04d.png", "t%04d.tif", "d%04d.dpx", "e%04d.exr"}) {
        CAPTURE(name);
        copy(source, folder / name);
        Reader before(source);
        Reader after(folder / name);
        const double off =
            (before.next()->picture() - after.next()->picture()).abs().max().item<double>();
        CHECK(off < 3e-5);
    }
}

TEST_CASE("A scan of eleven million pixels in 16 bits is written to FFV1 as it is") {
    const Folder folder; // more bits than FFmpeg's encoder takes in the usual four slices
    const std::string in = folder / "in.png";
    ffmpeg("-f lavfi -i gradients=size=4096x2800,format=rgb48be -frames:v 1 " + in);
    WriteOptions options;
    options.codec = "ffv1";
    options.pixel_format = "gbrp16le";
    copy(in, folder / "out.mkv", options);
    CHECK(hashes(folder / "out.mkv", "gbrp16le") == hashes(in, "gbrp16le"));
}

TEST_CASE("Odd sizes are written whole or refused") {
    const Folder folder;
    const std::string source = folder / "in.mkv";
    ffmpeg("-f lavfi -i testsrc=size=33x17:rate=25 -frames:v 4 -pix_fmt yuv444p -c:v ffv1 " +
           source);
    for (const std::string codec : {"h264", "h265", "ffv1"}) {
        WriteOptions options;
        options.codec = codec;
        options.overwrite = true;
        CAPTURE(codec);
        if (codec == "h265") { // x265 takes no film this small
            continue;
        }
        copy(source, folder / "out.mkv", options);
        Reader back(folder / "out.mkv");
        CHECK(back.info().width == 33);
        CHECK(back.info().height == 17);
        CHECK(all(back).size() == 4);
    }
    for (const std::string codec : {"av1", "prores"}) {
        WriteOptions options;
        options.codec = codec;
        CHECK(code_of([&] { copy(source, folder / "refused.mov", options); }) == Errc::unsupported);
    }
    CHECK_FALSE(fs::exists(folder / "refused.mov"));
}

TEST_CASE("An output appears under its name only when it is whole") {
    const Folder folder;
    const std::string source = film(folder, "in.mkv", "-c:v ffv1", 6);
    Reader reader(source);
    const WriteOptions options = like(reader.info());
    {
        Writer writer(folder / "out.mkv", options, &reader);
        writer.write(*reader.next());
        CHECK_FALSE(fs::exists(folder / "out.mkv"));
        CHECK(left_over(folder).size() == 1);
    }
    CHECK(left_over(folder).empty());
    Writer writer(folder / "out.mkv", options, &reader);
    writer.write(*reader.next());
    writer.finish();
    CHECK(left_over(folder) == std::vector<std::string>{"out.mkv"});
    CHECK(writer.frames() == 1);
    CHECK(code_of([&] { Writer(folder / "out.mkv", options); }) == Errc::invalid_argument);
    CHECK(code_of([&] { Writer(source, options, &reader); }) == Errc::invalid_argument);
    CHECK(code_of([&] { Writer(folder.path().string(), options); }) == Errc::invalid_argument);
    CHECK(code_of([&] { Writer(folder / "no/such/out.mkv", options); }) == Errc::io);
    CHECK(code_of([&] { Writer(folder / "out.xyz", options); }) == Errc::invalid_argument);
    CHECK(code_of([&] { Writer(folder / "new.mkv", options).finish(); }) == Errc::invalid_argument);
}

TEST_CASE("Frames out of order or of another size are refused") {
    const Folder folder;
    Reader reader(film(folder, "in.mkv", "-c:v ffv1", 3));
    const Frame first = *reader.next();
    const Frame second = *reader.next();
    Writer writer(folder / "out.mkv", like(reader.info()));
    writer.write(second);
    CHECK(code_of([&] { writer.write(first); }) == Errc::format_mismatch);
    const Frame third = *reader.next();
    const Frame small = third.with_picture(third.picture().slice(1, 0, 32));
    CHECK(code_of([&] { writer.write(small); }) == Errc::format_mismatch);
}

TEST_CASE("A full disk is an error of its own") {
    const Folder folder;
    const std::string source = film(folder, "in.mkv", "-vf noise=alls=60 -c:v ffv1", 60);
    rlimit before{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit small = before;
    small.rlim_cur = 200000;
    REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
    WriteOptions options;
    options.codec = "ffv1";
    Errc code = Errc::internal;
    try {
        copy(source, folder / "out.mkv", options);
    } catch (const Error& error) {
        code = error.code();
    }
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK(code == Errc::io);
    CHECK(left_over(folder).empty());
}
