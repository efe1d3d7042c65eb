// Frames in any order: what a Reader returns after a seek is what it returns in a pass from the
// start.
#include "media_files.hpp"

#include <oldfilm/frame.hpp>
#include <oldfilm/media.hpp>

#include <ATen/TensorOperators.h>
#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace oldfilm;
using namespace media_files;

namespace {

const std::string source = "-f lavfi -i testsrc2=size=64x48:rate=24000/1001:duration=5 ";

void check_same(const Frame& found, const Frame& expected) {
    CHECK(found.info().index == expected.info().index);
    CHECK(found.info().time() == expected.info().time());
    CHECK(found.picture().equal(expected.picture()));
}

void check_seeks(const std::string& path) {
    INFO(path);
    Reader pass(path);
    const std::vector<Frame> frames = all(pass);
    REQUIRE(frames.size() > 100);
    Reader reader(path);
    const auto last = static_cast<std::int64_t>(frames.size()) - 1;
    for (const std::int64_t number : {last, std::int64_t{0}, std::int64_t{61}, std::int64_t{60},
                                      std::int64_t{3}, std::int64_t{100}}) {
        INFO(number);
        REQUIRE(reader.seek(number));
        for (std::int64_t next = number; next <= std::min(number + 3, last); ++next) {
            const std::optional<Frame> frame = reader.next();
            REQUIRE(frame);
            check_same(*frame, frames.at(static_cast<std::size_t>(next)));
        }
    }
    REQUIRE(reader.seek(last));
    REQUIRE(reader.next());
    CHECK_FALSE(reader.next());
    REQUIRE(reader.seek(7)); // after the end, too
    check_same(*reader.next(), frames.at(7));
    CHECK_FALSE(Reader(path).seek(last + 1));
    CHECK_FALSE(Reader(path).seek(-1));
}

} // namespace

TEST_CASE("a film is read from any frame on") {
    const Folder s;
    ffmpeg(source + "-c:v ffv1 " + (s / "intra.mkv"));
    ffmpeg(source + "-c:v libx264 -g 40 -bf 3 -pix_fmt yuv420p " + (s / "predicted.mp4"));
    ffmpeg(source + "-c:v libx264 -g 40 -bf 3 -x264opts open-gop=1 -pix_fmt yuv420p " +
           (s / "open.mkv"));
    for (const char* name : {"intra.mkv", "predicted.mp4", "open.mkv"}) {
        check_seeks(s / name);
    }
    ffmpeg(source + (s / "%03d.png"));
    check_seeks(s / "%03d.png");
}

TEST_CASE("what has no frames by their times is not sought") {
    const Folder s;
    ffmpeg(source +
           "-vf select='not(eq(mod(n\\,7)\\,3))*not(eq(mod(n\\,5)\\,1))' -fps_mode vfr "
           "-c:v ffv1 " +
           (s / "irregular.mkv"));
    ffmpeg(source + "-c:v ffv1 " + (s / "film.mkv"));
    Reader irregular(s / "irregular.mkv");
    if (irregular.info().frame_rate.num() == 0) {
        CHECK_FALSE(irregular.seek(10));
    }
    ReadOptions part;
    part.start = Rational(1);
    CHECK_FALSE(Reader(s / "film.mkv", part).seek(10));
    ReadOptions slower;
    slower.source_fps = Rational(16);
    CHECK_FALSE(Reader(s / "film.mkv", slower).seek(10));
}
