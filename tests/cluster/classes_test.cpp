// What the parts of a divided film are made of: times, items, claims, records.
#include "cluster/claims.hpp"
#include "cluster/items.hpp"
#include "cluster/plan_document.hpp"
#include "cluster/segment_folder.hpp"
#include "cluster/timeline.hpp"
#include "media/packet_log.hpp"
#include "run_program.hpp"

#include <oldfilm/error.hpp>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

using namespace oldfilm;
using namespace oldfilm::cluster;
using oldfilm::test::Scratch;
namespace fs = std::filesystem;

namespace {

std::vector<Rational> even_times(std::int64_t frames) {
    std::vector<Rational> times;
    for (std::int64_t frame = 0; frame < frames; ++frame) {
        times.emplace_back(frame, 16);
    }
    return times;
}

} // namespace

TEST_CASE("times at even distances take one entry, and all come back exactly") {
    const std::vector<Rational> even = even_times(1000);
    CHECK(timeline_json(even).size() == 1);
    CHECK((timeline_from(timeline_json(even)) == even));
    const std::vector<Rational> uneven{{-1, 25}, {0, 1}, {1, 25}, {3, 25}, {7, 50}};
    CHECK((timeline_from(timeline_json(uneven)) == uneven));
    CHECK(timeline_from(timeline_json({})).empty());
    CHECK_THROWS(timeline_from(nlohmann::json::parse(R"([["0"]])")));
}

TEST_CASE("items are whole shots of nearly equal cost, and all of the film") {
    const std::vector<std::int64_t> shots{0, 100, 105, 400, 1000, 1100};
    const auto film = segmentation_of(even_times(1200), shots);
    const std::vector<double> costs{1, 1, 1, 1, 0.1, 1};
    for (const std::int64_t wanted : {1, 2, 3, 100}) {
        const std::vector<Item> items = balanced_items(*film, costs, wanted);
        CHECK(std::ssize(items) <= wanted);
        CHECK(items.front().first == 0);
        CHECK(items.front().first_segment == 0);
        CHECK(items.back().next == 1200);
        for (std::size_t i = 0; i + 1 < items.size(); ++i) {
            CHECK(items[i].next == items[i + 1].first);
            CHECK(items[i].next_segment == items[i + 1].first_segment);
            CHECK(film->start_of(items[i].next_segment) == items[i].next);
            CHECK(std::find(shots.begin(), shots.end(), items[i].next) != shots.end());
        }
    }
    // A shot of five frames shares a segment, and nothing begins at it.
    CHECK(balanced_items(*film, costs, 100).size() == 5);
    const std::vector<Item> two = balanced_items(*film, costs, 2);
    REQUIRE(two.size() == 2);
    CHECK(two[0].next == 400);
    CHECK(two[0].cost == Approx(400));
    CHECK(two[1].cost == Approx(710));
}

TEST_CASE("an item has one holder, and the next one when its claim expires or is given up") {
    const Scratch scratch;
    const Claims claims(scratch.path() / "claims", 2);
    CHECK(claims.generations().empty());
    CHECK_FALSE(claims.state_of(7, 0).is_live);
    auto first = claims.take(7, 0);
    REQUIRE(first);
    CHECK(claims.take(7, 0) == nullptr);
    CHECK(claims.generations().at(7) == 1);
    CHECK(claims.state_of(7, 1).is_live);
    std::this_thread::sleep_for(std::chrono::milliseconds(2600)); // it is touched meanwhile
    CHECK(claims.state_of(7, 1).is_live);
    first.reset();
    CHECK_FALSE(claims.state_of(7, 1).is_live);
    const auto second = claims.take(7, 1);
    REQUIRE(second);
    CHECK(second->generation() == 2);
    CHECK(claims.generations().at(7) == 2);
}

TEST_CASE("the claim of a process of this machine that has ended is free at once") {
    const Scratch scratch;
    const Claims claims(scratch.path(), 600);
    const Owner self = this_process();
    nlohmann::json claim{{"host", self.host}, {"pid", 1 << 30}, {"processes", self.processes}};
    std::ofstream(scratch.path() / "000001.1") << claim;
    CHECK_FALSE(claims.state_of(1, 1).is_live);
    claim["host"] = self.host + "x"; // another machine's process is not known
    std::ofstream(scratch.path() / "000002.1") << claim;
    CHECK(claims.state_of(2, 1).is_live);
    std::ofstream(scratch.path() / "000003.1"); // created, and not written yet
    CHECK(claims.state_of(3, 1).is_live);
}

TEST_CASE("a segment is recorded when it is complete, and a record that is damaged is none") {
    const Scratch scratch;
    const SegmentFolder folder(scratch.path() / "segments");
    const fs::path own = scratch.path() / "own";
    fs::create_directory(own);
    SegmentRecord record;
    record.segment.number = 3;
    record.segment.start = 30;
    record.segment.next = 40;
    record.segment.outputs = 10;
    record.segment.resume = {40, Rational(40, 16)};
    record.host = "n1";
    for (int again = 0; again < 2; ++again) { // as of two workers
        record.segment.film = media::PacketLogWriter(job::segment_file(own, "film", 3)).seal();
        folder.add(record, own);
    }
    CHECK(folder.list() == std::set<std::int64_t>{3});
    const auto found = folder.read(3);
    REQUIRE(found);
    CHECK(found->host == "n1");
    CHECK(found->segment.next == 40);
    CHECK(folder.is_whole(found->segment));
    std::ofstream(job::segment_file(folder.path(), "film", 3), std::ios::app) << "x";
    CHECK_FALSE(folder.is_whole(found->segment));
    std::ofstream(folder.path() / "000003.json") << "{}";
    CHECK_FALSE(folder.read(3));
    folder.remove(3);
    CHECK(folder.list().empty());
}
