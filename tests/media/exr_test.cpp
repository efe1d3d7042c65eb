// Linear light in OpenEXR files: exact between them, with a transfer elsewhere.
#include "media_files.hpp"

#include <oldfilm/error.hpp>

#include <ATen/TensorOperators.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>

using namespace oldfilm;
using namespace media_files;
using Catch::Contains;

namespace {

/// Three pictures of the color that the expressions give, in float32.
void make_exr(const std::string& pattern, const std::string& values,
              const std::string& format = "gbrpf32le") {
    ffmpeg("-f lavfi -i \"nullsrc=size=64x48:rate=25,format=" + format + ",geq=" + values +
           "\" -frames:v 3 -pix_fmt " + format + " -format float '" + pattern + "'");
}

std::vector<float> floats(const std::string& file) {
    const std::string bytes =
        shell("ffmpeg -v error -nostdin -i '" + file + "' -f rawvideo -pix_fmt gbrpf32le -");
    std::vector<float> values(bytes.size() / sizeof(float));
    std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
    return values;
}

WriteOptions with_codec(const std::string& name) {
    WriteOptions options;
    options.codec = name;
    return options;
}

std::string said_of(const std::string& from, const std::string& to,
                    const WriteOptions& options = {}) {
    return fmt::format("{}", fmt::join(warnings_of_copy(from, to, options), ""));
}

} // namespace

TEST_CASE("Linear light is brought to a transfer where the output holds none, and said") {
    const Folder folder;
    make_exr(folder / "e%02d.exr", "r=0.18:g=0.18:b=0.18");
    REQUIRE(floats(folder / "e01.exr").at(7) == Approx(0.18));
    Reader reader(folder / "e%02d.exr");
    CHECK(reader.info().linear_light);
    // IEC 61966-2-1: 1.055 * 0.18 ^ (1 / 2.4) - 0.055
    CHECK(reader.next()->picture().mean().item<double>() == Approx(0.461356).margin(1e-4));

    const std::string said = said_of(folder / "e%02d.exr", folder / "out.mp4", with_codec("h265"));
    CHECK_THAT(said, Contains("linear light") && Contains("clipped"));
    const std::string luma = shell("ffmpeg -v error -nostdin -i " + (folder / "out.mp4") +
                                   " -frames:v 1 -f rawvideo -pix_fmt gray10le -");
    const int level =
        static_cast<unsigned char>(luma[0]) + 256 * static_cast<unsigned char>(luma[1]);
    CHECK(level ==
          Approx(467).margin(4)); // as x265 leaves it; 222 would be linear light taken for video
    CHECK(
        probe(folder / "out.mp4", "-select_streams v -show_entries stream=color_transfer").at(0) ==
        "iec61966-2-1");

    WriteOptions ffv1 = with_codec("ffv1");
    ffv1.pixel_format = "gbrp16le";
    said_of(folder / "e%02d.exr", folder / "out.mkv", ffv1);
    Reader back(folder / "out.mkv");
    CHECK(back.next()->picture().mean().item<double>() == Approx(0.461356).margin(1e-4));
    said_of(folder / "e%02d.exr", folder / "plain.mkv", with_codec("ffv1"));
}

TEST_CASE("Between OpenEXR files every value stays, above one and below zero too") {
    const Folder folder;
    make_exr(folder / "e%02d.exr", "r='X/8-1':g='Y*Y/20':b='0.001*X'");
    const std::vector<float> before = floats(folder / "e02.exr");
    REQUIRE(*std::max_element(before.begin(), before.end()) > 50);
    REQUIRE(*std::min_element(before.begin(), before.end()) < -0.5);
    CHECK(said_of(folder / "e%02d.exr", folder / "o%02d.exr").empty());
    CHECK(floats(folder / "o02.exr") == before);

    // Of a picture that a stage made anew.
    Reader reader(folder / "e%02d.exr");
    Writer writer(folder / "n%02d.exr", like(reader.info()), &reader);
    while (const std::optional<Frame> frame = reader.next()) {
        writer.write(Frame(frame->picture() * 1.0F, frame->info()));
    }
    writer.finish();
    const std::vector<float> after = floats(folder / "n02.exr");
    REQUIRE(after.size() == before.size());
    double off = 0;
    for (std::size_t i = 0; i < after.size(); ++i) {
        off = std::max<double>(off, std::abs(after[i] - before[i]) / (0.01 + std::abs(before[i])));
    }
    CHECK(off < 1e-5);

    make_exr(folder / "a%02d.exr", "r='X/8-1':g='Y*Y/20':b='0.001*X'", "gbrapf32le");
    said_of(folder / "a%02d.exr", folder / "p%02d.exr");
    CHECK(floats(folder / "p02.exr") == before);
}

TEST_CASE("Video becomes linear light in OpenEXR, by its own transfer") {
    const Folder folder;
    ffmpeg("-f lavfi -i color=0x807050:s=64x48:r=25 -frames:v 2 -vf "
           "format=gbrp,setparams=color_trc=bt709 "
           "-color_trc bt709 -c:v ffv1 " +
           (folder / "in.mkv"));
    CHECK_THAT(said_of(folder / "in.mkv", folder / "o%d.exr"), Contains("linear light"));
    const std::string green = shell("ffmpeg -v error -nostdin -i " + (folder / "in.mkv") +
                                    " -frames:v 1 -f rawvideo -pix_fmt gbrp -");
    const double value = static_cast<unsigned char>(green.at(0)) / 255.0;
    Reader reader(folder / "in.mkv");
    const double expected = reader.info().color.transfer == 1
                                ? std::pow((value + 0.0993) / 1.0993, 1 / 0.45)
                                : std::pow((value + 0.055) / 1.055, 2.4);
    CHECK(floats(folder / "o1.exr").at(5) == Approx(expected).margin(1e-3));

    ffmpeg("-f lavfi -i color=gray:s=64x48:r=25 -frames:v 2 -pix_fmt yuv420p10le -c:v libx265 "
           "-x265-params log-level=none:transfer=smpte2084:colorprim=bt2020:colormatrix=bt2020nc " +
           (folder / "hdr.mkv"));
    CHECK_THROWS_WITH(copy(folder / "hdr.mkv", folder / "h%d.exr"), Contains("smpte2084"));
}
