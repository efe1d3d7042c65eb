#include "model/tiling.hpp"

#include <catch2/catch.hpp>

#include <limits>

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
    const auto whole = choose_tile(1080, 1920, {.overlap = 21, .wanted = -1, .most = 1});
    CHECK(whole.height == 1080);
    CHECK(whole.width == 1920);
    const auto small = choose_tile(240, 320, {.overlap = 21, .most = 150000});
    CHECK(small.height == 240);
    CHECK(small.width == 320);
    const auto asked =
        choose_tile(1080, 1920, {.overlap = 21, .multiple = 8, .wanted = 200, .most = 150000});
    CHECK(asked.height == 200);
    CHECK(asked.width == 200);
    const auto none = choose_tile(1080, 1920, {.overlap = 21, .multiple = 8, .most = 1});
    CHECK(none.height == 64); // the least that keeps something beside its overlap
    CHECK(none.width == 64);
}

TEST_CASE("A tile's cut does the least twice of those that fit") {
    const auto most = GENERATE(20'000, 150'000, 700'000, 2'000'000);
    const auto overlap = GENERATE(0, 6, 21, 68);
    const auto multiple = GENERATE(1, 8);
    CAPTURE(most, overlap, multiple);
    const std::int64_t height = 1080, width = 1920;
    const auto cost = [&](std::int64_t tall, std::int64_t wide) {
        const auto rows = cut(height, tall, overlap, multiple);
        const auto columns = cut(width, wide, overlap, multiple);
        const std::int64_t area = rows.front().length() * columns.front().length();
        const std::int64_t all = area * static_cast<std::int64_t>(rows.size() * columns.size());
        return area <= most ? all : std::numeric_limits<std::int64_t>::max();
    };
    const auto chosen =
        choose_tile(height, width, {.overlap = overlap, .multiple = multiple, .most = most});
    const std::int64_t found = cost(chosen.height, chosen.width);
    for (std::int64_t tall = 64; tall <= height; tall += 8) {
        for (std::int64_t wide = 64; wide <= width; wide += 8) {
            if (cost(tall, wide) < found) {
                FAIL(tall << " x " << wide << " does less twice");
            }
        }
    }
}
