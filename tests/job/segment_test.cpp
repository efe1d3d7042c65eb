#include "job/segment.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace oldfilm;
using job::Segment;
using nlohmann::json;

namespace {

Segment full_segment() {
    Segment segment;
    segment.number = 3;
    segment.start = 120;
    segment.next = 200;
    segment.outputs = 160;
    segment.film = {160, 12345, 0xfedcba9876543210};
    segment.mask_frames = 80;
    segment.mask = media::LogSeal{80, 99, 7};
    segment.marked = true;
    segment.closes = true;
    segment.shots = {120, 150};
    segment.analysis = {R"({"number": 0, "stage": "a", "shot": 4, "found": {"x": 1}})"};
    segment.film_base = Rational(1, 50);
    segment.mask_base = Rational(1, 25);
    segment.film_start = Rational(1, 2);
    segment.resume = {196, Rational(196, 25)};
    return segment;
}

} // namespace

TEST_CASE("A segment's record says all of it") {
    const Segment segment = full_segment();
    const json line = job::to_json(segment);
    CHECK(line.at("restart") == 196);
    CHECK(line.at("shots_until") == 200);
    const Segment again = job::segment_from_json(json::parse(line.dump()));
    CHECK(again.number == 3);
    CHECK(again.start == 120);
    CHECK(again.next == 200);
    CHECK(again.outputs == 160);
    CHECK(again.film == segment.film);
    CHECK(again.mask_frames == 80);
    CHECK(again.mask == segment.mask);
    CHECK(again.marked);
    CHECK(again.closes);
    CHECK(again.shots == segment.shots);
    CHECK(again.analysis == segment.analysis);
    CHECK(again.film_base == Rational(1, 50));
    CHECK(again.mask_base == Rational(1, 25));
    CHECK(again.film_start == Rational(1, 2));
    REQUIRE(again.resume);
    CHECK(again.resume->frame == 196);
    CHECK(again.resume->time == Rational(196, 25));
    CHECK_FALSE(again.end);
    CHECK(job::to_json(again) == line);
}

TEST_CASE("The record of the last segment has the film's end, and no place to resume") {
    Segment segment = full_segment();
    segment.mask.reset();
    segment.resume.reset();
    segment.end = Segment::End{200, 2};
    const Segment again = job::segment_from_json(job::to_json(segment));
    CHECK_FALSE(again.mask);
    CHECK_FALSE(again.resume);
    REQUIRE(again.end);
    CHECK(again.end->frames == 200);
    CHECK(again.end->concealed == 2);
}

TEST_CASE("A record that lacks anything, or has it in another type, is refused") {
    const json line = job::to_json(full_segment());
    for (const auto& [key, value] : line.items()) {
        if (key == "closes" || key == "shots_until") {
            continue; // not in the records of every version; follows from another
        }
        CAPTURE(key);
        json lacking = line;
        lacking.erase(key);
        CHECK_THROWS(job::segment_from_json(lacking));
        json wrong = line;
        wrong[key] = json::object({{"a", "b"}});
        CHECK_THROWS(job::segment_from_json(wrong));
    }
}
