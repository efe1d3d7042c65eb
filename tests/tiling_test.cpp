#include "model/tiling.hpp"

#include <catch2/catch.hpp>

using oldfilm::choose_tile;
using oldfilm::cut;
using oldfilm::TileSpan;

TEST_CASE("Tiles cover an axis once, on the network's grid, a receptive field from every seam") {
    const auto length = GENERATE(16, 64, 240, 368, 480, 720, 1080, 1920, 2048);
    const auto side = GENERATE(32, 100, 192, 256, 384);
    const auto overlap = GENERATE(0, 3, 21, 64);
    const auto multiple = GENERATE(1, 2, 8, 16);
    if (length % multiple != 0) {
        return;
    }
    CAPTURE(length, side, overlap, multiple);
    const std::vector<TileSpan> spans = cut(length, side, overlap, multiple);
    std::int64_t covered = 0;
    for (const TileSpan& span : spans) {
        REQUIRE(span.keep_begin == covered);
        REQUIRE(span.keep_end > span.keep_begin);
        covered = span.keep_end;
        CHECK(span.begin % multiple == 0);
        CHECK(span.length() % multiple == 0);
        CHECK(span.length() == spans.front().length());
        CHECK((span.begin == 0 ? span.keep_begin == 0 : span.keep_begin - span.begin >= overlap));
        CHECK((span.end == length || span.end - span.keep_end >= overlap));
        CHECK(span.end <= length);
    }
    CHECK(covered == length);
}

TEST_CASE("A tile is the whole picture when it is small or asked for, and else bounded") {
    const auto whole =
        choose_tile(1080, 1920, {.overlap = 21, .multiple = 1, .wanted = -1, .pixels = 1});
    CHECK(whole.height == 1080);
    CHECK(whole.width == 1920);
    const auto small =
        choose_tile(240, 320, {.overlap = 21, .multiple = 1, .wanted = 0, .pixels = 150000});
    CHECK(small.height == 240);
    CHECK(small.width == 320);
    const auto cut_up =
        choose_tile(1080, 1920, {.overlap = 21, .multiple = 8, .wanted = 0, .pixels = 150000});
    CHECK(cut_up.height * cut_up.width <= 1152 * 1152);
    CHECK(cut_up.height * cut_up.width >= 128 * 128);
    CHECK(cut_up.height % 8 == 0);
    const auto asked =
        choose_tile(1080, 1920, {.overlap = 21, .multiple = 8, .wanted = 200, .pixels = 150000});
    CHECK(asked.height == 200);
    CHECK(asked.width == 200);
}
