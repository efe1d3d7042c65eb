#include "job/films.hpp"
#include "job/segment_writer.hpp"
#include "job/whole_film.hpp"

#include <catch2/catch.hpp>

using namespace oldfilm;
using test::Scratch;

TEST_CASE("A run's frames become segments that the checkpoint knows, each when it is complete") {
    const Scratch folder;
    job::Source source(test::three_shots(folder), {}, nullptr);
    const StreamFormat format = source.reader().format();
    const std::string output = folder.path() / "out.mkv";
    WriteOptions options;
    options.codec = "ffv1";
    options.width = format.width;
    options.height = format.height;
    options.channels = format.channels;
    options.frame_rate = format.rate;
    job::OutputFilms films{
        {job::FilmOf::pictures, output, options, nullptr},
        job::OutputFilm{job::FilmOf::masks, folder.path() / "masks.mkv", options, nullptr},
        std::nullopt};
    films.masks->options.channels = 1;
    {
        job::Checkpoint checkpoint(output, false);
        checkpoint.begin({{"plan", "none"}});
        const auto segmentation = checkpoint.segmentation();
        job::FirstTimeBase film_base, mask_base;
        const job::SegmentedJob shared{films,     checkpoint, *segmentation,
                                       film_base, mask_base,  nullptr};
        job::WholeFilm queue(checkpoint, *segmentation);
        const auto item = queue.take();
        REQUIRE(item);
        job::SegmentWriter writer(shared, queue, *item);
        Run run = pipeline::start(
            Pipeline().plan(format), [&] { return queue.read(*item, source); }, item->from,
            &writer);
        while (const auto frame = run.next()) {
            CHECK(frame->info().source_index == frame->info().index);
            CHECK_FALSE(writer.is_done(*frame));
            REQUIRE(writer.push(*frame, run));
        }
        CHECK(checkpoint.frames() <= 280); // the last segment isn't complete
        writer.drain(queue.last_segment(*item), run);
        CHECK_FALSE(writer.failed());
        CHECK(checkpoint.frames() == 338);
        CHECK(checkpoint.mask_frames() == 338);
        CHECK_FALSE(checkpoint.any_mask());
    }
    // The last one is recorded with the end only.
    job::Checkpoint again(output, false);
    CHECK(again.first_segment() == 2);
    CHECK(again.frames_done() == 280);
    CHECK(again.resume_point().shots == std::vector<std::int64_t>{0, 30, 38});
    CHECK(again.resume_point().frame <= 280);
    CHECK(again.film_base() == again.mask_base());
}
