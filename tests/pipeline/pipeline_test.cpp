#include "pipeline/run_spec.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/plugins.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rand.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <set>
#include <string>
#include <thread>

using namespace oldfilm;

namespace {

const std::string test_plugins = OLDFILM_BINARY_DIR "/tests/plugins";

PipelineOptions options() {
    PipelineOptions result;
    result.device = "cpu";
    result.plugin_path = {test_plugins};
    return result;
}

StreamFormat format(int channels = 1, Rational rate = 16) {
    StreamFormat result;
    result.channels = channels;
    result.height = 16;
    result.width = 24;
    result.rate = rate;
    return result;
}

/// Frame `number` of a film at 16 fps; its value tells its number. Scenes differ in their texture.
Frame frame(std::int64_t number, const at::Tensor& scene = at::full({1, 16, 24}, 0.0)) {
    FrameInfo info;
    info.pts = number;
    info.duration = 1;
    info.time_base = Rational(1, 16);
    return Frame(scene + 0.001 * static_cast<double>(number), info);
}

/// Pushes `count` frames, taking what comes out whenever the pipeline is full.
std::vector<Frame> drive(Run& run, const std::vector<Frame>& film) {
    std::vector<Frame> out;
    Frame got;
    for (const Frame& one : film) {
        while (!run.push(one)) {
            // Full a moment ago; if the worker has made room since, there may be nothing to take.
            const Run::State state = run.next(got);
            REQUIRE(state != Run::State::end);
            if (state == Run::State::frame) {
                out.push_back(got);
            }
        }
    }
    run.finish();
    while (run.next(got) == Run::State::frame) {
        out.push_back(got);
    }
    return out;
}

std::vector<Frame> film_of(int count) {
    std::vector<Frame> film;
    for (int i = 0; i < count; ++i) {
        film.push_back(frame(i));
    }
    return film;
}

/// A stage of the program itself: remembers what it was shown.
struct Seen {
    std::vector<std::vector<std::int64_t>> windows;
    std::vector<std::int64_t> analyzed;
    int resets = 0;
    int before = 0, after = 0, batch = 1, analysis = 0;
    sdk::Edges edges = sdk::Edges::repeat;
    std::vector<std::int64_t> centers;
    std::vector<std::size_t> batches;
    std::vector<const void*> inputs, outputs;
};
Seen* seen = nullptr; // the stage class is made by the host, so the test reaches it here

class Spy final : public sdk::Stage, public sdk::Analysis, public sdk::LiveParameters {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& values,
                   sdk::Config& config) override {
        read(values);
        config.before = seen->before;
        config.after = seen->after;
        config.edges = seen->edges;
        config.batch = seen->batch;
        config.analysis_frames = seen->analysis;
    }
    void change(const sdk::Values& values) override { read(values); }
    void analyze(const sdk::FrameView& view) override { seen->analyzed.push_back(view.index()); }
    std::string finish_analysis() override { return "null"; }
    void restore_analysis(std::string_view /*json*/) override {}
    void reset() override { ++seen->resets; }
    void process_batch(std::span<const sdk::Request> requests) override {
        seen->batches.push_back(requests.size());
        Stage::process_batch(requests);
    }
    void process(const sdk::Request& request) override {
        std::vector<std::int64_t>& window = seen->windows.emplace_back();
        for (std::size_t i = 0; i < request.count(); ++i) {
            window.push_back(request.frame(i).index());
        }
        seen->centers.push_back(request.center().index());
        const at::Tensor in = sdk::picture(request.center());
        const at::Tensor out = in + amount_;
        seen->inputs.push_back(in.const_data_ptr());
        seen->outputs.push_back(out.const_data_ptr());
        request.set_output(sdk::share(out));
    }

  private:
    void read(const sdk::Values& values) {
        amount_ = values.number("amount") + values.number("second");
    }
    double amount_ = 0;
};

/// Doubles the rate by averaging; the plainest rate changer.
class Blend final : public sdk::Stage {
  public:
    using Stage::Stage;
    void configure(const sdk::Format& /*input*/, const sdk::Values& values,
                   sdk::Config& config) override {
        config.rate = {values.integer("num"), values.integer("den")};
    }
    void process(const sdk::Request& request) override {
        const double t = request.position();
        request.set_output(sdk::share(sdk::picture(request.frame(0)) * (1 - t) +
                                      sdk::picture(request.frame(1)) * t));
    }
};

StageSpec spy(Seen& where) {
    static const oldfilm_plugin_description* description =
        sdk::describe<Spy>({"org.oldfilm.spy",
                            "spy",
                            "1.0.0",
                            "sees",
                            {sdk::number("amount", 0.5, -1, 1, "added").live(),
                             sdk::number("second", 0, -1, 1, "added too").live(),
                             sdk::number("fixed", 0, 0, 1, "never changes")}});
    seen = &where;
    StageSpec spec;
    spec.id = "spy";
    spec.description = description;
    return spec;
}

StageSpec blend(std::int64_t num, std::int64_t den) {
    static const oldfilm_plugin_description* description = sdk::describe<Blend>(
        {"org.oldfilm.blend",
         "blend",
         "1.0.0",
         "blends",
         {sdk::integer("num", 32, 1, 1000000, "rate"), sdk::integer("den", 1, 1, 10000, "rate")}});
    StageSpec spec;
    spec.id = "blend";
    spec.description = description;
    spec.parameters = {{"num", num}, {"den", den}};
    return spec;
}

std::string failure_of(const std::string& stage, Errc expected) {
    Pipeline pipeline(options());
    pipeline.add(stage);
    try {
        Run run = pipeline.start(format());
        drive(run, film_of(3));
    } catch (const Error& error) {
        CHECK(error.code() == expected);
        return error.what();
    }
    FAIL("nothing was thrown");
    return "";
}

} // namespace

TEST_CASE("an empty pipeline hands on the very frames") {
    Run run = Pipeline(options()).start(format());
    const std::vector<Frame> film = film_of(9);
    const std::vector<Frame> out = drive(run, film);
    REQUIRE(out.size() == film.size());
    for (std::size_t i = 0; i < film.size(); ++i) {
        CHECK(out[i].picture().const_data_ptr() == film[i].picture().const_data_ptr());
        CHECK(out[i].info().index == static_cast<std::int64_t>(i));
        CHECK(out[i].info().pts == film[i].info().pts);
    }
}

TEST_CASE("plugins from files: with LibTorch, and in plain C") {
    Pipeline pipeline(options());
    pipeline.add("test-good:amount=0.5").add("test-plain-c");
    for (int again = 0; again < 2; ++again) { // a pipeline can be run again
        Run run = pipeline.start(format());
        const std::vector<Frame> out = drive(run, film_of(5));
        REQUIRE(out.size() == 5);
        CHECK(out[4].picture().mean().item<float>() == Approx(1 - 0.504));
    }
}

TEST_CASE("two runs of one pipeline live side by side") {
    Pipeline pipeline(options());
    pipeline.add("test-good");
    Run a = pipeline.start(format());
    Run b = pipeline.start(format());
    CHECK(drive(a, film_of(4)).size() == 4);
    CHECK(drive(b, film_of(6)).size() == 6);
}

TEST_CASE("windows are clamped at the ends and never cross a cut") {
    at::manual_seed(3);
    const at::Tensor first = at::rand({1, 16, 24});
    const at::Tensor second = at::rand({1, 16, 24});
    std::vector<Frame> film;
    for (int i = 0; i < 8; ++i) {
        film.push_back(frame(i, i < 4 ? first : second));
    }
    Seen where;
    where.before = 2;
    where.after = 1;
    where.analysis = 3;
    Pipeline pipeline(options());
    pipeline.add(spy(where));
    Run run = pipeline.start(format());
    const std::vector<Frame> out = drive(run, film);
    REQUIRE(out.size() == 8);
    CHECK(where.windows[0] == std::vector<std::int64_t>{0, 0, 0, 1});
    CHECK(where.windows[3] == std::vector<std::int64_t>{1, 2, 3, 3});
    CHECK(where.windows[4] == std::vector<std::int64_t>{4, 4, 4, 5});
    CHECK(where.windows[7] == std::vector<std::int64_t>{5, 6, 7, 7});
    CHECK(where.resets == 2);
    CHECK(where.analyzed == std::vector<std::int64_t>{0, 1, 2, 4, 5, 6});
    CHECK(out[3].info().shot == 0);
    CHECK(out[4].info().shot == 1);
}

TEST_CASE("windows that stay inside the shot see no frame twice, and hold no more") {
    at::manual_seed(3);
    const at::Tensor pictures[] = {at::rand({1, 16, 24}), at::rand({1, 16, 24}),
                                   at::rand({1, 16, 24})};
    std::vector<Frame> film; // shots of 9, 6 and 3 frames
    for (int i = 0; i < 18; ++i) {
        film.push_back(frame(i, pictures[i < 9 ? 0 : i < 15 ? 1 : 2]));
    }
    const auto [before, after] = GENERATE(std::pair(2, 2), std::pair(3, 0), std::pair(0, 3));
    const int batch = GENERATE(1, 2, 4);
    CAPTURE(before, after, batch);
    Seen where;
    where.before = before;
    where.after = after;
    where.batch = batch;
    where.analysis = 3;
    where.edges = sdk::Edges::inside;
    Pipeline pipeline(options());
    pipeline.add(spy(where));
    Run run = pipeline.start(format());
    REQUIRE(drive(run, film).size() == film.size());
    const std::int64_t firsts[] = {0, 9, 15};
    const std::int64_t lasts[] = {8, 14, 17};
    for (std::int64_t n = 0; n < 18; ++n) {
        const int shot = n < 9 ? 0 : n < 15 ? 1 : 2;
        const std::int64_t start =
            std::max(firsts[shot], std::min(n - before, lasts[shot] - before - after));
        std::vector<std::int64_t> expected;
        for (std::int64_t i = start; i <= start + before + after; ++i) {
            expected.push_back(std::min(i, lasts[shot])); // the last shot is shorter than a window
        }
        CHECK(where.windows[static_cast<std::size_t>(n)] == expected);
        CHECK(where.centers[static_cast<std::size_t>(n)] == n);
    }
    CHECK(run.stats().peak_frames <= before + after + batch + 3 + 8);
}

TEST_CASE("between stages there is no copy, and batches do not depend on timing") {
    Seen where;
    where.batch = 3;
    Pipeline pipeline(options());
    pipeline.add(spy(where)).add(spy(where));
    Run run = pipeline.start(format());
    const std::vector<Frame> out = drive(run, film_of(8));
    REQUIRE(out.size() == 8);
    // Each picture that the first stage made entered the second; each of those came out.
    std::size_t passed = 0;
    for (const void* made : where.outputs) {
        for (const void* in : where.inputs) {
            passed += made == in ? 1 : 0;
        }
    }
    CHECK(passed >= 8);
    CHECK(std::count(where.batches.begin(), where.batches.end(), 3U) == 4);
    CHECK(std::count(where.batches.begin(), where.batches.end(), 2U) == 2);
    CHECK(run.stats().uploads == 0);
    CHECK(run.stats().downloads == 0);
}

TEST_CASE("memory is bounded by the windows, not by the film") {
    const auto edges = GENERATE(sdk::Edges::repeat, sdk::Edges::inside);
    std::int64_t peak = 0;
    for (const int length : {20, 200}) {
        Seen where;
        where.before = 2;
        where.after = 2;
        where.edges = edges;
        Pipeline pipeline(options());
        pipeline.add(spy(where));
        int given = 0;
        Run run = pipeline.start(format(), [&]() -> std::optional<Frame> {
            return given < length ? std::optional(frame(given++)) : std::nullopt;
        });
        int taken = 0;
        while (run.next()) {
            ++taken;
        }
        CHECK(taken == length);
        const std::int64_t now = run.stats().peak_frames;
        CHECK(now <= 16);
        peak = std::max(peak, now);
    }
    CHECK(peak <= 16);
}

TEST_CASE("interpolated frames lie on the exact grid and cover the film") {
    Pipeline pipeline(options());
    pipeline.add(blend(60, 1));
    Run run = pipeline.start(format());
    const std::vector<Frame> out = drive(run, film_of(8));
    REQUIRE(out.size() == 30); // half a second
    for (std::size_t m = 0; m < out.size(); ++m) {
        CHECK(out[m].info().time() == Rational(static_cast<std::int64_t>(m), 60));
    }
    CHECK(out[0].info().origin == Origin::decoded);
    CHECK(out[15].info().origin == Origin::decoded); // 1/4 s is the fourth frame of 16 fps
    CHECK(out[15].picture().mean().item<float>() == Approx(0.004));
    CHECK(out[1].info().origin == Origin::interpolated);
    CHECK(out[29].info().origin == Origin::held);
    CHECK(run.output().rate == Rational(60));
}

TEST_CASE("nothing is interpolated across a cut, and 24000/1001 stays exact") {
    at::manual_seed(4);
    const at::Tensor first = at::rand({1, 16, 24});
    const at::Tensor second = at::rand({1, 16, 24});
    std::vector<Frame> film;
    for (int i = 0; i < 8; ++i) {
        film.push_back(frame(i, i < 4 ? first : second));
    }
    Pipeline pipeline(options());
    pipeline.add(blend(24000, 1001));
    Run run = pipeline.start(format());
    const std::vector<Frame> out = drive(run, film);
    CHECK(out.size() == static_cast<std::size_t>((Rational(1, 2) * Rational(24000, 1001)).ceil()));
    for (const Frame& one : out) {
        if (one.info().time() > Rational(3, 16) && one.info().time() < Rational(4, 16)) {
            CHECK(one.info().origin == Origin::held);
            CHECK(one.picture().equal(film[3].picture()));
        }
    }
}

TEST_CASE("push says full and next says starved, neither blocks for ever") {
    Seen where;
    where.after = 4;
    Pipeline pipeline(options());
    pipeline.add(spy(where));
    Run run = pipeline.start(format());
    Frame got;
    CHECK(run.push(frame(0)));
    CHECK(run.next(got) == Run::State::starved);
    int pushed = 1;
    for (int attempts = 0; attempts < 2000 && run.push(frame(pushed)); ++attempts) {
        ++pushed;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(pushed < 40); // it filled up
    run.finish();
    int taken = 0;
    while (run.next(got) == Run::State::frame) {
        ++taken;
    }
    CHECK(taken == pushed);
    CHECK(run.next(got) == Run::State::end);
}

TEST_CASE("cancellation from another thread ends a waiting next") {
    Pipeline pipeline(options());
    pipeline.add("test-good");
    Run run = pipeline.start(format(), [n = 0]() mutable -> std::optional<Frame> {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        return frame(n++); // a film without an end
    });
    std::thread other([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        run.cancel();
    });
    const auto start = std::chrono::steady_clock::now();
    Errc code = Errc::internal;
    try {
        while (run.next()) {
        }
    } catch (const Error& error) {
        code = error.code();
    }
    other.join();
    CHECK(code == Errc::cancelled);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(2));
}

TEST_CASE("an error of the source comes out of next") {
    Run run = Pipeline(options()).start(
        format(), []() -> std::optional<Frame> { throw Error(Errc::unreadable, "the tape tore"); });
    CHECK_THROWS_WITH(run.next(), "the tape tore");
}

TEST_CASE("a stage that breaks its contract ends the run with one sentence that names it") {
    CHECK(failure_of("test-throws-in-create", Errc::stage_failed).find("never starts") !=
          std::string::npos);
    CHECK(failure_of("test-throws-in-process", Errc::stage_failed).find("no frame pleases") !=
          std::string::npos);
    CHECK(failure_of("test-wrong-shape", Errc::stage_failed).find("3 x 7 x 7") !=
          std::string::npos);
    CHECK(failure_of("test-nan", Errc::stage_failed).find("NaN") != std::string::npos);
    CHECK(failure_of("test-no-picture", Errc::stage_failed).find("no picture") !=
          std::string::npos);
}

TEST_CASE("live parameters change at their time, others not at all") {
    Seen where;
    Pipeline pipeline(options());
    pipeline.add(spy(where));
    Run run = pipeline.start(format());
    run.change(0, {{"amount", 0.25}}, Rational(2, 16));
    CHECK_THROWS_AS(run.change(0, {{"fixed", 0.5}}), Error);
    CHECK_THROWS_AS(run.change(0, {{"amount", 7.0}}), Error);
    CHECK_THROWS_AS(run.change(5, {}), Error);
    const std::vector<Frame> out = drive(run, film_of(4));
    CHECK(out[1].picture().mean().item<float>() == Approx(0.501));
    CHECK(out[2].picture().mean().item<float>() == Approx(0.252));
}

namespace {

/// The mean of each frame that comes out, less what `frame` put in: what the spy added.
std::vector<double> added(Run& run, int count) {
    std::vector<double> result;
    for (const Frame& one : drive(run, film_of(count))) {
        result.push_back(one.picture().mean().item<double>() -
                         0.001 * static_cast<double>(one.info().index));
    }
    return result;
}

} // namespace

TEST_CASE("live parameters that are announced out of order keep to their times") {
    Seen where;
    Pipeline pipeline(options());
    pipeline.add(spy(where));
    Run run = pipeline.start(format());
    run.change(0, {{"amount", 0.25}}, Rational(6, 16));
    run.change(0, {{"second", 0.0625}}, Rational(3, 16));
    run.change(0, {{"second", 0.03125}}, Rational(3, 16)); // the later word of the same time
    const std::vector<double> amounts = added(run, 9);
    REQUIRE(amounts.size() == 9);
    for (std::size_t i = 0; i < 9; ++i) {
        INFO(i);
        const double expected = i < 3 ? 0.5 : i < 6 ? 0.5 + 0.03125 : 0.25 + 0.03125;
        CHECK(amounts[i] == Approx(expected).margin(1e-5));
    }
}

TEST_CASE("a live parameter changes at its frame within a batch, and no later batch is moved") {
    Seen where;
    where.batch = 4;
    Pipeline pipeline(options());
    pipeline.add(spy(where));
    Run run = pipeline.start(format());
    run.change(0, {{"amount", 0.25}}, Rational(6, 16));
    const std::vector<double> amounts = added(run, 12);
    REQUIRE(amounts.size() == 12);
    for (std::size_t i = 0; i < 12; ++i) {
        INFO(i);
        CHECK(amounts[i] == Approx(i < 6 ? 0.5 : 0.25).margin(1e-5));
    }
    CHECK(where.batches == std::vector<std::size_t>{4, 2, 2, 4});
}

TEST_CASE("live parameters are announced from several threads while the run works") {
    Seen where;
    Pipeline pipeline(options());
    pipeline.add(spy(where));
    Run run = pipeline.start(format(), [n = 0]() mutable -> std::optional<Frame> {
        return n < 400 ? std::optional(frame(n++)) : std::nullopt;
    });
    const std::string before = run.plan();
    std::vector<std::thread> others;
    for (int k = 0; k < 4; ++k) {
        others.emplace_back([&run, k] {
            for (int i = 0; i < 200; ++i) {
                run.change(0, {{k % 2 == 0 ? "amount" : "second", 0.001 * i}});
                static_cast<void>(run.plan());
            }
        });
    }
    int frames = 0;
    while (run.next()) {
        ++frames;
    }
    for (std::thread& other : others) {
        other.join();
    }
    CHECK(frames == 400);
    CHECK(run.plan() == before); // it says what the run began with
}

TEST_CASE("frames are checked at either door") {
    FrameInfo late;
    late.pts = 3;
    late.time_base = Rational(1, 16);
    FrameInfo early = late;
    early.pts = 2;
    const Frame good(at::rand({1, 16, 24}), late);
    FrameInfo later = late;
    later.pts = 4;
    const Frame next(at::rand({1, 16, 24}), later);
    struct Bad {
        Frame frame;
        const char* says;
    };
    const std::vector<Bad> all{
        {Frame(), "empty"},
        {Frame(at::rand({1, 8, 24}), later), "1 x 8 x 24"},
        {Frame(at::rand({3, 16, 24}), later), "3 x 16 x 24"},
        {Frame(at::rand({1, 16, 24}), early), "1/8"},
        {good, "3/16"}, // the time of the one before
        {Frame(at::empty({1, 16, 24}, at::Device("meta")), later), "be on"},
        {next.with_mask(at::empty({1, 16, 24}, at::Device("meta"))), "mask"}};
    for (const Bad& bad : all) {
        INFO(bad.says);
        const auto refused = [&](const Error& error) {
            CHECK(error.code() == Errc::format_mismatch);
            CHECK_THAT(error.what(), Catch::Matchers::Contains(bad.says));
            CHECK_THAT(error.what(), Catch::Matchers::Contains("frame 1"));
        };
        for (const bool with_stage : {true, false}) {
            Pipeline pipeline(options());
            if (with_stage) {
                pipeline.add("test-good");
            }
            Run pushed = pipeline.start(format());
            REQUIRE(pushed.push(good));
            try {
                pushed.push(bad.frame);
                FAIL("it was taken by push");
            } catch (const Error& error) {
                refused(error);
            }
            Run pulled = pipeline.start(format(), [&, n = 0]() mutable -> std::optional<Frame> {
                ++n;
                return n == 1   ? std::optional(good)
                       : n == 2 ? std::optional(bad.frame)
                                : std::nullopt;
            });
            try {
                while (pulled.next()) {
                }
                FAIL("it was taken by the source's door");
            } catch (const Error& error) {
                refused(error);
            }
        }
    }
}

namespace {

/// The code of the error that `work` throws.
Errc code_of(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        return error.code();
    }
    FAIL("nothing was thrown");
    return Errc::internal;
}

} // namespace

TEST_CASE("a run that is over, that pulls, or that was moved away says so") {
    Run run = Pipeline(options()).start(format());
    CHECK(run.push(frame(0)));
    run.finish();
    run.finish(); // it is finished already
    CHECK(code_of([&] { run.push(frame(1)); }) == Errc::invalid_argument);

    Run pulls = Pipeline(options()).start(format(), [] { return std::nullopt; });
    CHECK(code_of([&] { pulls.push(frame(1)); }) == Errc::invalid_argument);
    CHECK(code_of([&] { pulls.finish(); }) == Errc::invalid_argument);

    Run moved = std::move(run);
    Frame got;
    CHECK(moved.next(got) == Run::State::frame);
    run.cancel(); // nothing to cancel
    for (const std::function<void()>& call : std::vector<std::function<void()>>{
             [&] { run.push(frame(1)); }, [&] { run.finish(); }, [&] { run.next(got); },
             [&] { static_cast<void>(run.progress()); }, [&] { static_cast<void>(run.stats()); },
             [&] { static_cast<void>(run.plan()); }, [&] { static_cast<void>(run.output()); },
             [&] { run.change(0, {}); },
             [&] { static_cast<void>(pipeline::first_frame_needed_for(run, 0, 0)); }}) {
        CHECK(code_of(call) == Errc::invalid_argument);
    }
    Pipeline pipeline(options());
    const Pipeline taken = std::move(pipeline);
    CHECK(code_of([&] { pipeline.add("test-good"); }) == Errc::invalid_argument);
    CHECK(code_of([&] { static_cast<void>(pipeline.start(format())); }) == Errc::invalid_argument);
}

TEST_CASE("a run that another is assigned to ends at once") {
    std::atomic<int> given = 0;
    const auto endless = [&given, n = 0]() mutable -> std::optional<Frame> {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++given;
        return frame(n++);
    };
    Run run = Pipeline(options()).start(format(), endless);
    Run other = Pipeline(options()).start(format());
    run = std::move(other);
    const int then = given;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(given == then);
    CHECK(run.push(frame(0)));
}

TEST_CASE("a pipeline and its JSON are the same thing") {
    Pipeline pipeline(options());
    pipeline.add("test-good:amount=0.125,mood=wild");
    const Pipeline again = Pipeline::from_json(pipeline.to_json(), options());
    CHECK(again.to_json() == pipeline.to_json());
    CHECK(std::get<double>(again.stages().at(0).parameters.at("amount")) == 0.125);
    for (const char* bad :
         {"", "[]", "{}", R"({"oldfilm": 2, "stages": []})", R"({"oldfilm": 1, "stages": [1]})",
          R"({"oldfilm": 1, "stages": [{"id": "test-good", "extra": 1}]})",
          R"({"oldfilm": 1, "stages": [{"id": "test-good", "parameters": {"amount": [1]}}]})",
          R"({"oldfilm": 1, "stages": [], "color": 1})",
          R"({"oldfilm": 1, "stages": [{"id": "test-good",
             "parameters": {"mood": "grim"}}]})"}) {
        INFO(bad);
        CHECK_THROWS_AS(Pipeline::from_json(bad, options()), Error);
    }
}

TEST_CASE("stage text is read, and nonsense refused") {
    const auto text_of = [](const StageSpec& spec, const char* name) {
        return std::get<std::string>(spec.parameters.at(name));
    };
    const StageSpec spec = parse_stage("superres:scale=2,model=texture");
    CHECK(spec.id == "superres");
    CHECK(text_of(spec, "scale") == "2");
    CHECK(text_of(spec, "model") == "texture");
    // Text stays as it is written, and only a comma is spoken of.
    const StageSpec odd = parse_stage(R"(a:x=007,y=1e3,z=/b\,c:d=e.pt,w=c\:\\d,v=)");
    CHECK(odd.parameters.size() == 5);
    CHECK(text_of(odd, "x") == "007");
    CHECK(text_of(odd, "y") == "1e3");
    CHECK(text_of(odd, "z") == "/b,c:d=e.pt");
    CHECK(text_of(odd, "w") == "c\\:\\d"); // a backslash before anything else is one
    CHECK(text_of(odd, "v").empty());
    for (const char* bad : {"", ":scale=2", "a:scale", "a:=2", "a:x=1,x=2", "a:x=1,,y=2"}) {
        INFO(bad);
        CHECK_THROWS_AS(parse_stage(bad), Error);
    }
}

TEST_CASE("a frame of another size is refused, and a budget that is too small too") {
    Run run = Pipeline(options()).start(format());
    CHECK_THROWS_AS(run.push(Frame(at::rand({1, 8, 8}), {})), Error);
    PipelineOptions small = options();
    small.memory = 100;
    Pipeline pipeline(small);
    pipeline.add("test-good");
    CHECK_THROWS_AS(pipeline.start(format()), Error);
}

#ifdef OLDFILM_ALL_STAGES
TEST_CASE("the parameter table says what a text or a number of a document is") {
    Pipeline pipeline(options());
    pipeline.add("test-good:amount=5e-1,mood=wild");
    CHECK(std::get<double>(pipeline.stages().at(0).parameters.at("amount")) == 0.5);
    const auto values = [](const std::string& parameters) {
        const Pipeline made = Pipeline::from_json(
            R"({"oldfilm": 1, "stages": [{"id": "stabilize", "parameters": )" + parameters + "}]}");
        return made.stages().at(0).parameters;
    };
    StageSpec stage = parse_stage("stabilize:rotation=1");
    CHECK(std::get<bool>(Pipeline().add(stage).stages().at(0).parameters.at("rotation")));
    for (const char* flag : {"1", "true", R"("1")", R"("yes")", "1.0"}) {
        INFO(flag);
        CHECK(std::get<bool>(values(R"({"rotation": )" + std::string(flag) + "}").at("rotation")));
    }
    CHECK_FALSE(std::get<bool>(values(R"({"rotation": 0})").at("rotation")));
    for (const char* flag : {"2", R"("perhaps")", "0.5", "-1"}) {
        INFO(flag);
        CHECK_THROWS_AS(values(R"({"rotation": )" + std::string(flag) + "}"), Error);
    }
    // 2^64 - 1 is a number, not -1.
    CHECK_THROWS_WITH(
        Pipeline::from_json(
            R"({"oldfilm": 1, "stages": [{"id": "test-good", "parameters": {"amount": 18446744073709551615}}]})",
            options()),
        Catch::Matchers::Contains("found 1.844674407370955"));
}

TEST_CASE("the manual's table of presets is the library's") {
    std::ifstream page(OLDFILM_SOURCE_DIR "/docs/stages.md");
    std::set<std::string> told;
    for (std::string line; std::getline(page, line);) {
        for (const std::string& name : preset_names()) {
            if (line.starts_with("| `" + name + "` |")) {
                told.insert(line);
            }
        }
    }
    std::set<std::string> expected;
    for (const std::string& name : preset_names()) {
        std::string row = "| `" + name + "` |";
        const Pipeline preset = Pipeline::preset(name);
        for (const StageSpec& stage : preset.stages()) {
            row += row.ends_with('|') ? " `" : ", `";
            row += stage.id;
            for (const auto& [key, value] : stage.parameters) {
                row += ":" + key + "=";
                row += std::visit([](const auto& v) { return fmt::format("{}", v); }, value);
            }
            row += "`";
        }
        expected.insert(row + " |");
    }
    CHECK(told == expected);
}
#endif

TEST_CASE("a plan says what a run will do, and its runs share the models") {
    Seen where;
    Pipeline pipeline(options());
    pipeline.add(spy(where));
    const Plan plan = pipeline.plan(format());
    CHECK(plan.input().height == format().height);
    CHECK(plan.output().width == format().width);
    CHECK(plan.memory_of_models() == 0);
    const std::string text = plan.to_json();
    const Plan copy = plan;
    for (int pass = 0; pass < 2; ++pass) { // the second run has stages of its own
        Run run = copy.start([n = 0]() mutable -> std::optional<Frame> {
            return n < 5 ? std::optional(frame(n++)) : std::nullopt;
        });
        CHECK(run.plan() == text);
        int frames = 0;
        while (run.next()) {
            ++frames;
        }
        CHECK(frames == 5);
    }
    // Two pictures before, and batches that are counted from the cut.
    const auto reach = [](const char* stages) {
        Pipeline chain(options());
        chain.add(stages);
        return chain.plan(format()).first_frame_needed_for(100, 40);
    };
    CHECK(reach("test-good") <= 100);
    CHECK(reach("test-good") >= 40);
    // What is found at the start of a shot counts for all of it.
    Seen analyzed;
    analyzed.before = 2;
    const auto needed = [&analyzed] {
        Pipeline chain(options());
        chain.add(spy(analyzed));
        return chain.plan(format()).first_frame_needed_for(100, 40);
    };
    CHECK(needed() == 98);
    analyzed.analysis = 3;
    CHECK(needed() == 40);
    Plan moved = copy;
    const Plan taken = std::move(moved);
    CHECK(code_of([&] { static_cast<void>(moved.output()); }) == Errc::invalid_argument);
}

TEST_CASE("a pipeline is edited in place") {
    Pipeline pipeline(options());
    pipeline.add("denoise").add("superres:scale=2");
    pipeline.insert(1, parse_stage("test-good"));
    pipeline.set(2, "scale", std::string("4"));
    pipeline.erase(0);
    const std::vector<StageSpec> stages = pipeline.stages();
    REQUIRE(stages.size() == 2);
    CHECK(stages[0].id == "test-good");
    CHECK(std::visit([](const auto& v) { return fmt::format("{}", v); },
                     stages[1].parameters.at("scale")) == "4");
    CHECK(code_of([&] { pipeline.erase(2); }) == Errc::invalid_argument);
    CHECK(code_of([&] { pipeline.insert(3, parse_stage("test-good")); }) == Errc::invalid_argument);
    CHECK(code_of([&] { pipeline.set(0, "nothing", true); }) == Errc::invalid_argument);
    PipelineOptions other = pipeline.options();
    other.tile = 64;
    const Pipeline copy = pipeline.with_options(other);
    CHECK(copy.options().tile == 64);
    CHECK(pipeline.options().tile == 0);
    CHECK(copy.stages().size() == 2);
}
