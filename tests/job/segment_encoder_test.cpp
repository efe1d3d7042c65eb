#include "media/segments.hpp"
#include "messages.hpp"
#include "run_program.hpp"

#include <oldfilm/error.hpp>

#include <ATen/ops/zeros.h>
#include <catch2/catch.hpp>

using namespace oldfilm;

namespace {

Frame frame_at(std::int64_t number, std::int64_t width = 32) {
    FrameInfo info;
    info.index = info.pts = number;
    info.duration = 1;
    info.time_base = Rational(1, 25);
    return {at::zeros({1, 32, width}, at::dtype(at::kFloat)), info};
}

WriteOptions pictures() {
    WriteOptions options;
    options.width = options.height = 32;
    options.channels = 1;
    options.frame_rate = Rational(25);
    return options;
}

} // namespace

TEST_CASE("Pictures made in segments warn, once, of moments without a frame") {
    const test::Scratch folder;
    std::vector<std::string> warnings;
    WriteOptions options = pictures();
    options.log = test::collect(warnings);
    media::SegmentEncoder encoder(folder.path() / "%03d.png", options, nullptr);
    encoder.begin(folder.path() / "0.packets", Rational(1, 25));
    encoder.write(frame_at(0));
    encoder.write(frame_at(1));
    CHECK(warnings.empty());
    encoder.end();
    encoder.begin(folder.path() / "1.packets", Rational(1, 25));
    encoder.write(frame_at(4)); // the gap is between two segments
    encoder.write(frame_at(9));
    encoder.end();
    REQUIRE(warnings.size() == 1);
    CHECK(warnings.front().find("can't hold times") != std::string::npos);
    CHECK(warnings.front().find("0.040 s and 0.160 s") != std::string::npos);
}

TEST_CASE("Segments take frames of one size, in order") {
    const test::Scratch folder;
    media::SegmentEncoder encoder(folder.path() / "%03d.png", pictures(), nullptr);
    encoder.begin(folder.path() / "0.packets", Rational(1, 25));
    encoder.write(frame_at(3));
    CHECK_THROWS_WITH(encoder.write(frame_at(3)), Catch::Contains("order of their times"));
    CHECK_THROWS_WITH(encoder.write(frame_at(4, 48)), Catch::Contains("48 x 32"));
}
