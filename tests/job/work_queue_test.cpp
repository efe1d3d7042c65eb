// What workers are given: the whole of a film, or its shots one by one.
#include "job/films.hpp"
#include "job/shot_scanner.hpp"
#include "job/whole_film.hpp"

#include <oldfilm/error.hpp>

#include <catch2/catch.hpp>

using namespace oldfilm;
using Catch::Contains;
using test::Scratch;

TEST_CASE("One worker is given what is left of the film") {
    const Scratch folder;
    job::Checkpoint checkpoint(folder.path() / "out.mkv", false);
    const auto segmentation = checkpoint.segmentation();
    job::WholeFilm queue(checkpoint, *segmentation);
    const auto item = queue.take();
    REQUIRE(item);
    CHECK(item->segment == 0);
    CHECK_FALSE(item->from.in_shots);
    CHECK_FALSE(queue.take());
    CHECK(queue.last_segment(*item) == -1);
    job::Source source(test::three_shots(folder), {}, nullptr);
    std::int64_t frames = 0;
    while (const auto frame = queue.read(*item, source)) {
        queue.see(frame->info());
        ++frames;
    }
    CHECK(frames == 338);
    CHECK(queue.last_segment(*item) == 1); // one shot, as no run has looked for others
}

TEST_CASE("Several workers are given the film from cut to cut") {
    const Scratch folder;
    const std::string film = test::three_shots(folder);
    job::Checkpoint checkpoint(folder.path() / "out.mkv", false);
    job::Segmentation segmentation;
    job::Source ahead(film, {}, nullptr);
    job::ShotScanner queue(ahead, ahead.reader().format(), checkpoint, segmentation, 2, {});
    // The second shot is too short for a segment of its own, and shares the third's.
    const auto first = queue.take();
    const auto second = queue.take();
    REQUIRE((first && second));
    CHECK(first->number == 0);
    CHECK(first->from.frame == 0);
    CHECK(second->number == 1);
    CHECK(second->segment == 1);
    CHECK(second->from.frame == 30);
    CHECK(second->from.time == Rational(30, 25));
    CHECK(second->from.in_shots);
    job::Source source(film, {}, nullptr);
    std::vector<std::int32_t> shots;
    while (const auto frame = queue.read(*second, source)) {
        shots.push_back(frame->info().shot);
    }
    REQUIRE(shots.size() == 308);
    CHECK(shots.front() == 1);
    CHECK(shots[7] == 1);
    CHECK(shots[8] == 2);
    CHECK(queue.last_segment(*first) == 0);
    CHECK(queue.last_segment(*second) == 2); // longer than a segment may be
    CHECK(first->from.resumes_at() == Rational(30, 25));
    CHECK_FALSE(second->from.resumes_at());
    CHECK_FALSE(queue.take());
    CHECK(queue.items() == 2);
}

TEST_CASE("Who waits for work is told that the job was stopped") {
    const Scratch folder;
    const std::string film = test::three_shots(folder);
    job::Checkpoint checkpoint(folder.path() / "out.mkv", false);
    job::Segmentation segmentation;
    job::Source ahead(film, {}, nullptr);
    job::ShotScanner queue(ahead, ahead.reader().format(), checkpoint, segmentation, 1, {});
    queue.stop();
    CHECK_THROWS_WITH(queue.take(), Contains("cancelled"));
}
