// Samples to pictures and back, against zimg (ffmpeg's zscale filter) with explicit tags.
#include "media_files.hpp"
#include "messages.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/stack.h>
#include <catch2/catch.hpp>

#include <algorithm>

using namespace oldfilm;
using namespace media_files;

namespace {

/// Smooth in color, so that filters of different shape agree, and 90 x 62.
constexpr const char* one_picture =
    "-f lavfi -i gradients=size=90x62:c0=red:c1=blue:c2=0x20c060:c3=0xe0e040:n=4:x0=3:y0=5:x1=80:"
    "y1=55:rate=25:seed=7 -frames:v 1 ";

/// The file's first frame as zimg makes it: full range R, G, B from 16-bit samples.
at::Tensor truth(const std::string& file, const std::string& input, std::int64_t h,
                 std::int64_t w) {
    std::string raw = shell("ffmpeg -v error -nostdin -i " + file + " -vf zscale=" + input +
                            ":m=gbr:r=full:f=bilinear:d=none,format=gbrp16le -frames:v 1 "
                            "-f rawvideo -");
    REQUIRE(raw.size() == static_cast<std::size_t>(6 * h * w));
    const at::Tensor gbr = at::from_blob(raw.data(), {3, h, w}, at::dtype(at::kShort))
                               .to(at::kInt)
                               .bitwise_and(0xffff)
                               .to(at::kFloat)
                               .div(65535);
    return at::stack({gbr[2], gbr[0], gbr[1]});
}

double worst(const at::Tensor& a, const at::Tensor& b) {
    return (a.clamp(0, 1) - b).abs().max().item<double>();
}

} // namespace

TEST_CASE("Matrices, ranges, depths and sitings are as H.273 says") {
    struct Case {
        std::string format, tags, zimg;
        double tolerance;
    };
    // 16 bits of truth leave 1e-5; where chroma is interpolated, zimg rounds to its own taps.
    const std::vector<Case> cases{
        {"yuv444p", "colorspace=bt709:range=tv", "min=709:rin=limited", 2e-5},
        {"yuv444p", "colorspace=smpte170m:range=pc", "min=170m:rin=full", 2e-5},
        {"yuv444p10le", "colorspace=bt2020nc:range=tv", "min=2020_ncl:rin=limited", 2e-5},
        {"yuv444p16le", "colorspace=bt470bg:range=tv", "min=470bg:rin=limited", 3e-5},
        {"yuv444p12le", "colorspace=bt709:range=pc", "min=709:rin=full", 2e-5},
        {"yuv420p", "colorspace=bt709:range=tv", "min=709:rin=limited:cin=left", 6e-3},
        {"yuv422p10le", "colorspace=bt709:range=tv", "min=709:rin=limited:cin=left", 2e-3},
        {"yuv420p10le", "colorspace=bt709:range=pc", "min=709:rin=full:cin=left", 2e-3},
    };
    const Folder folder;
    for (const Case& c : cases) {
        CAPTURE(c.format, c.tags);
        const std::string file = folder / "film.mkv";
        // FFmpeg 7 brings pictures to the encoder's range, which is limited unless it is named.
        const bool full = c.tags.find("range=pc") != std::string::npos;
        ffmpeg(one_picture +
               ("-vf scale=flags=accurate_rnd,format=" + c.format + ",setparams=" + c.tags) +
               " -c:v ffv1 " + (full ? "-color_range pc " : "") + file);
        Reader reader(file);
        const at::Tensor ours = reader.next()->picture();
        CHECK(worst(ours, truth(file, c.zimg, 62, 90)) < c.tolerance);
    }
}

TEST_CASE("RGB and gray are taken as they are") {
    const Folder folder;
    for (const std::string format : {"gbrp", "gbrp10le", "gbrp16le", "rgb24", "bgr0", "pal8"}) {
        const std::string file = folder / "film.nut";
        ffmpeg(one_picture + ("-pix_fmt " + format) + " -c:v rawvideo " + file);
        Reader reader(file);
        CAPTURE(format);
        const at::Tensor ours = reader.next()->picture();
        std::string raw =
            shell("ffmpeg -v error -nostdin -i " + file + " -pix_fmt gbrp16le -f rawvideo -");
        const at::Tensor gbr = at::from_blob(raw.data(), {3, 62, 90}, at::dtype(at::kShort))
                                   .to(at::kInt)
                                   .bitwise_and(0xffff)
                                   .to(at::kFloat)
                                   .div(65535);
        // swscale widens 8 and 10 bits by shifting, and palettes in two steps: off by a code and a
        // half at most.
        CHECK(worst(ours, at::stack({gbr[2], gbr[0], gbr[1]})) < 6e-3);
    }
    ffmpeg(one_picture + std::string("-pix_fmt gray16le -c:v ffv1 ") + (folder / "gray.mkv"));
    Reader gray(folder / "gray.mkv");
    const at::Tensor ours = gray.next()->picture();
    std::string raw = shell("ffmpeg -v error -nostdin -i " + (folder / "gray.mkv") +
                            " -pix_fmt gray16le -f rawvideo -");
    const at::Tensor exact = at::from_blob(raw.data(), {1, 62, 90}, at::dtype(at::kShort))
                                 .to(at::kInt)
                                 .bitwise_and(0xffff)
                                 .to(at::kFloat)
                                 .div(65535);
    CHECK(worst(ours, exact) < 1e-6);
    CHECK(gray.info().bits == 16);
}

TEST_CASE("What is untagged is BT.601 in SD and BT.709 in HD") {
    const Folder folder;
    const auto matrix = [&](const std::string& size) {
        const std::string file = folder / "film.nut";
        ffmpeg("-f lavfi -i testsrc2=size=" + size + " -frames:v 1 -pix_fmt yuv444p -c:v ffv1 " +
               file);
        Reader reader(file);
        const at::Tensor ours = reader.next()->picture();
        const std::string name = reader.info().color.matrix == 1 ? "709" : "170m";
        CHECK(worst(ours, truth(file, "min=" + name + ":rin=limited", reader.info().height,
                                reader.info().width)) < 2e-5);
        return int(reader.info().color.matrix);
    };
    CHECK(matrix("720x480") == 6);
    CHECK(matrix("720x576") == 5);
    CHECK(matrix("1280x720") == 1);
    CHECK(matrix("1920x1080") == 1);
}

TEST_CASE("What is written reads back as it was") {
    const Folder folder;
    Reader source([&] {
        ffmpeg(one_picture + std::string("-pix_fmt gbrp16le -c:v ffv1 ") + (folder / "in.mkv"));
        return folder / "in.mkv";
    }());
    const Frame frame = source.next()->with_coded(nullptr);
    struct Case {
        std::string format;
        int matrix;
        Range range;
        double tolerance;
    };
    for (const Case& c : std::vector<Case>{{"yuv444p16le", 1, Range::limited, 3e-5},
                                           {"yuv444p", 1, Range::full, 6e-3},
                                           {"yuv444p10le", 9, Range::limited, 1.5e-3},
                                           {"yuv420p", 6, Range::limited, 4e-2},
                                           {"gbrp16le", 0, Range::full, 1e-5},
                                           {"gbrp", 0, Range::full, 2.1e-3}}) {
        CAPTURE(c.format);
        WriteOptions options = like(source.info());
        options.codec = "ffv1";
        options.pixel_format = c.format;
        options.color.matrix = static_cast<std::uint8_t>(c.matrix);
        options.color.range = c.range;
        options.overwrite = true;
        Writer writer(folder / "out.mkv", options);
        writer.write(frame);
        writer.finish();
        Reader back(folder / "out.mkv");
        CHECK(int(back.info().color.matrix) == c.matrix);
        CHECK(back.info().color.range == c.range);
        CHECK(worst(back.next()->picture(), frame.picture().clamp(0, 1)) < c.tolerance);
    }
}

TEST_CASE("Pictures beyond black and white survive in between and are cut when written") {
    const Folder folder;
    ffmpeg(
        "-f lavfi -i color=black:size=32x32 -frames:v 1 -vf "
        "\"geq=lum='if(lt(X,16),4,250)':cb=128:cr=128,format=gray,setparams=range=tv\" -c:v ffv1 " +
        (folder / "in.mkv"));
    Reader reader(folder / "in.mkv");
    const Frame frame = *reader.next();
    if (reader.info().color.range == Range::limited) {
        CHECK(frame.picture().min().item<float>() < 0);
        CHECK(frame.picture().max().item<float>() > 1);
    } else {
        FAIL("the range tag was lost");
    }
}

TEST_CASE("Color tags that change midway are followed") {
    const Folder folder;
    const auto part = [&](const std::string& name, const std::string& matrix,
                          const std::string& range, const std::string& tags) {
        ffmpeg(
            "-f lavfi -i gradients=size=90x62:c0=red:c1=blue:c2=0x20c060:c3=0xe0e040:n=4:x0=3:y0=5:"
            "x1=80:y1=55:rate=25:seed=7:speed=0.00001 -frames:v 3 -vf zscale=m=" +
            matrix + ":r=" + range + ",format=yuv444p -c:v libx264 -qp 0 -colorspace " + tags +
            " -color_range " + (range == "full" ? "pc" : "tv") +
            " -color_primaries bt709 -color_trc bt709 -f h264 " + (folder / name));
    };
    part("a.h264", "709", "limited", "bt709");
    part("b.h264", "170m", "full", "smpte170m");
    shell("cat " + (folder / "a.h264") + " " + (folder / "b.h264") + " > " +
          (folder / "both.h264"));
    std::vector<std::string> warnings;
    ReadOptions read;
    read.log = test::collect(warnings);
    Reader reader(folder / "both.h264", read);
    const std::vector<Frame> frames = all(reader);
    REQUIRE(frames.size() == 6);
    // 8 bits twice: one code value of each coding.
    CHECK(worst(frames[4].picture(), frames[1].picture().clamp(0, 1)) < 0.02);
    CHECK(frames[4].info().color == frames[1].info().color);
    CHECK(std::count_if(warnings.begin(), warnings.end(), [](const std::string& text) {
              return text.find("tags change at 0.12") != std::string::npos;
          }) == 1);
}

TEST_CASE("A film restored as the manual says has its source's size, rate and color") {
    const Folder folder;
    const std::string in = folder / "in.mkv";
    // HDR's tags on a small film, which nothing would be guessed as.
    ffmpeg("-f lavfi -i testsrc2=size=64x48:rate=24000/1001 -frames:v 48 -pix_fmt yuv420p10le "
           "-vf setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc:range=tv "
           "-c:v ffv1 " +
           in);
    const std::string entries =
        "-show_entries stream=width,height,r_frame_rate,color_range,color_space,color_transfer,"
        "color_primaries";
    ReadOptions options;
    options.start = Rational(1, 2);
    Reader reader(in, options);
    const StreamFormat format = reader.format();
    CHECK(format.width == 64);
    CHECK(format.height == 48);
    CHECK(format.channels == 3);
    CHECK(format.rate == Rational(24000, 1001));
    CHECK(format.color.transfer == 16);
    CHECK(format.frames == 36); // 12 begin before half a second
    PipelineOptions how;
    how.device = "cpu";
    Run run = Pipeline(how).start(format, [&] { return reader.next(); });
    WriteOptions write;
    write.codec = "ffv1";
    write.width = run.output().width;
    write.height = run.output().height;
    write.channels = run.output().channels;
    write.frame_rate = run.output().rate;
    write.color = run.output().color;
    write.bits = 10;
    Writer writer(folder / "out.mkv", write);
    std::int64_t frames = 0;
    while (const std::optional<Frame> frame = run.next()) {
        writer.write(*frame);
        ++frames;
    }
    writer.finish();
    CHECK(frames == format.frames);
    CHECK(probe(folder / "out.mkv", entries) == probe(in, entries));
    CHECK(counted(folder / "out.mkv") == frames);
}
