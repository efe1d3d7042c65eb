#include "job/segmentation.hpp"

#include <catch2/catch.hpp>

using namespace oldfilm;
using job::Segmentation;

namespace {

void see(Segmentation& segmentation, std::int64_t first, std::int64_t end, std::int32_t shot) {
    for (std::int64_t frame = first; frame < end; ++frame) {
        segmentation.see(frame, shot, Rational(frame, 25));
    }
}

} // namespace

TEST_CASE("Segments end at cuts, unless they are short, and where they get long") {
    Segmentation segmentation;
    see(segmentation, 0, 30, 0);
    see(segmentation, 30, 38, 1);  // its own segment begins, and continues in the next shot
    see(segmentation, 38, 340, 2); // longer than a segment may be
    CHECK(segmentation.segment_of(0) == 0);
    CHECK(segmentation.segment_of(29) == 0);
    CHECK(segmentation.segment_of(30) == 1);
    CHECK(segmentation.segment_of(38) == 1);
    CHECK(segmentation.start_of(1) == 30);
    CHECK(segmentation.start_of(2) == 30 + Segmentation::longest);
    CHECK(segmentation.start_of(3) == 340);
    CHECK(segmentation.seen() == 340);
    CHECK(segmentation.time_of(50) == Rational(2));
    CHECK(segmentation.shots() == std::vector<std::int64_t>{0, 30, 38});
    CHECK(segmentation.shot_of(29) == 0);
    CHECK(segmentation.shot_of(37) == 1);
    CHECK(segmentation.shot_of(339) == 2);
}

TEST_CASE("A resumed segmentation continues as that of the whole film") {
    // 30 frames are done, and stages must see those from 27 on.
    Segmentation resumed({0, 30}, {0}, 27);
    see(resumed, 27, 30, 0);
    see(resumed, 30, 38, 1);
    see(resumed, 38, 340, 2);
    Segmentation whole;
    see(whole, 0, 30, 0);
    see(whole, 30, 38, 1);
    see(whole, 38, 340, 2);
    for (std::int64_t frame = 27; frame < 340; ++frame) {
        REQUIRE(resumed.segment_of(frame) == whole.segment_of(frame));
        REQUIRE(resumed.time_of(frame) == whole.time_of(frame));
    }
    CHECK(resumed.shots() == whole.shots());
    CHECK(resumed.start_of(2) == whole.start_of(2));
}
