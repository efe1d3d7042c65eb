// The transparency of a picture, which no stage sees, goes from PNG to PNG.
#include "media_files.hpp"
#include "messages.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace oldfilm;
using namespace media_files;
using Catch::Contains;

namespace {

/// A picture whose alpha is a gradient with a hole.
void make_picture(const std::string& file, const std::string& format) {
    ffmpeg("-f lavfi -i \"testsrc2=size=96x64,format=rgba64le,geq=r='p(X,Y)':g='p(X,Y)':b='p(X,Y)'"
           ":a='if(lt(hypot(X-30,Y-30),12),0,X*600)'\" -frames:v 1 -pix_fmt " +
           format + " '" + file + "'");
}

std::string samples(const std::string& file, const std::string& format) {
    return shell("ffmpeg -v error -nostdin -i '" + file + "' -f rawvideo -pix_fmt " + format +
                 " -");
}

std::string coded_format(const std::string& file) {
    return probe(file, "-select_streams v -show_entries stream=pix_fmt").at(0);
}

} // namespace

TEST_CASE("A picture's transparency is preserved in a PNG, to the bit") {
    const Folder folder;
    for (const std::string format : {"rgba", "rgba64be", "ya8", "ya16be"}) {
        CAPTURE(format);
        const std::string from = folder / (format + ".png");
        const std::string to = folder / (format + "-out.png");
        make_picture(from, format);
        REQUIRE(coded_format(from) == format);
        CHECK(warnings_of_copy(from, to).empty());
        CHECK(coded_format(to) == format);
        CHECK(samples(from, format) == samples(to, format));
    }
}

TEST_CASE("A picture that is opaque everywhere is written without alpha") {
    const Folder folder;
    ffmpeg("-f lavfi -i testsrc2=size=96x64 -frames:v 1 -pix_fmt rgba '" + (folder / "in.png") +
           "'");
    CHECK(warnings_of_copy(folder / "in.png", folder / "out.png").empty());
    CHECK(coded_format(folder / "out.png") == "rgb24");
}

TEST_CASE("A picture's transparency is resized with the picture") {
    const Folder folder;
    make_picture(folder / "in.png", "rgba");
    Reader reader(folder / "in.png");
    WriteOptions options = like(reader.info());
    options.width *= 2;
    options.height *= 2;
    const Frame frame = *reader.next();
    Writer writer(folder / "out.png", options, &reader);
    const at::Tensor large = frame.picture().repeat_interleave(2, 1).repeat_interleave(2, 2);
    writer.write(Frame(large, frame.info()));
    writer.finish();
    const std::string small = samples(folder / "in.png", "rgba");
    const std::string result = samples(folder / "out.png", "rgba");
    REQUIRE(result.size() == 4 * small.size());
    const auto alpha = [](const std::string& picture, std::size_t width, std::size_t x,
                          std::size_t y) {
        return static_cast<double>(static_cast<unsigned char>(picture[(y * width + x) * 4 + 3]));
    };
    for (std::size_t x = 50; x < 90; x += 7) { // of the gradient
        CHECK(alpha(result, 192, 2 * x, 20) == Approx(alpha(small, 96, x, 10)).margin(2));
    }
    CHECK(alpha(result, 192, 60, 60) == 0); // in the hole
}

TEST_CASE("Transparency that cannot be preserved causes a warning") {
    const Folder folder;
    make_picture(folder / "in.png", "rgba");
    const auto said = [&](const std::string& from, const std::string& to) {
        return fmt::format("{}", fmt::join(warnings_of_copy(from, folder / to), ""));
    };
    CHECK_THAT(said(folder / "in.png", "out.tif"), Contains("transparency") && Contains(".png"));
    CHECK_THAT(said(folder / "in.png", "out.mkv"), Contains("transparency") && Contains(".png"));
    make_picture(folder / "f01.png", "rgba");
    make_picture(folder / "f02.png", "rgba");
    std::string of_sequence;
    ReadOptions read;
    read.log = test::collect(of_sequence);
    copy(folder / "f%02d.png", folder / "g%02d.png", {}, read);
    CHECK_THAT(of_sequence, Contains("transparency"));
}
