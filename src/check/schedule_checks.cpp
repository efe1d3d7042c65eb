/// \file
/// Checks that an output never depends on how the work was scheduled: threads, batches, queues.

#include "check/trial.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include <array>
#include <chrono>
#include <thread>

namespace oldfilm::check {
namespace {

/// What a plan may change: another order of summation.
constexpr double across_plans = 1e-4;

void batch(Subject& s) {
    const Shape shape = small_shape(s);
    Trial together(s, shape);
    if (together.config.batch < 2 || together.changes_rate()) {
        skip("it takes one frame at a time");
    }
    need_repeatable(s);
    const std::int64_t count = std::min(together.config.batch, 4);
    const Film film = make_film(shape, together.length(count + 1));
    const std::int64_t from = together.middle();
    need(together.begin_shot(film), "the analysis of a shot");
    Trial alone(s, shape);
    need(alone.begin_shot(film), "the analysis of a shot");
    std::vector<Output> batched;
    std::vector<Output> single;
    const Film own = film.copy();
    const Called called = together.process(own, from, count, batched);
    if (called.ok()) { // the last batch of a shot is a smaller one
        require(together.process(own, from + count, 1, batched), "process of one frame after");
    }
    require(called, fmt::format("process of {} frames at once", count));
    for (std::int64_t n = from; n <= from + count; ++n) {
        need(alone.process(film, n, 1, single), "process");
    }
    compare(single, batched, across_plans, fmt::format("in batches of {}", count));
}

/// Sets the number of threads of LibTorch, and of the OpenMP that the plugin may bring, for a
/// while.
class ThreadCount {
  public:
    ThreadCount(const Subject& s, int threads) : before_(at::get_num_threads()) {
        const auto symbol = [&](const char* name) { return dlsym(s.library.handle(), name); };
        set_ = reinterpret_cast<void (*)(int)>(symbol("omp_set_num_threads"));
        if (const auto get = reinterpret_cast<int (*)()>(symbol("omp_get_max_threads"))) {
            own_before_ = get();
        }
        set(threads, threads);
    }
    ThreadCount(const ThreadCount&) = delete;
    ThreadCount& operator=(const ThreadCount&) = delete;
    ~ThreadCount() { set(before_, own_before_); }

  private:
    void set(int threads, int own) const {
        at::set_num_threads(threads);
        if (set_ != nullptr) {
            set_(own);
        }
    }
    int before_;
    int own_before_ = 1;
    void (*set_)(int) = nullptr;
};

void threads(Subject& s) {
    need_repeatable(s);
    const Shape shape = small_shape(s);
    std::vector<std::vector<Output>> runs;
    for (const int count : {1, 3}) {
        const ThreadCount limited(s, count);
        Trial trial(s, shape);
        runs.push_back(trial.whole_shot(make_film(shape, trial.length(1))));
    }
    compare(runs[0], runs[1], across_plans, "with 3 threads instead of 1");
}

/// Created on one thread, configured on another, at work on a third, ended on a fourth.
void worker(Subject& s) {
    need_repeatable(s);
    const Shape shape = small_shape(s);
    Trial plain(s, shape);
    const Film film = make_film(shape, plain.length(1));
    const std::vector<Output> expected = plain.whole_shot(film);
    Trial moved(s);
    Called called;
    std::thread([&] { called = moved.create(); }).join();
    need(called, "create");
    std::vector<Output> out;
    std::optional<Skipped> skipped;
    std::thread([&] { called = moved.configure(shape, Values(s)); }).join();
    require(called, "configure, on another thread than create,");
    std::thread([&] {
        try {
            out = moved.whole_shot(film);
        } catch (const Skipped& why) {
            skipped = why;
        }
    }).join();
    std::thread([&] { moved.destroy(); }).join();
    if (skipped) {
        fail("at work on another thread than create's: {}", skipped->why);
    }
    compare(expected, out, 0, "at work on another thread than create's");
}

/// Two stages that differ in format take turns.
void interleaved(Subject& s) {
    need_repeatable(s);
    const Shape one = small_shape(s);
    Shape two = one;
    two.width = 48;
    two.height = 40;
    std::vector<std::vector<Output>> expected;
    std::vector<Film> films;
    for (const Shape& shape : {one, two}) {
        Trial trial(s, shape);
        trial.config.batch = 1; // as below
        films.push_back(make_film(shape, trial.length(1)));
        expected.push_back(trial.whole_shot(films.back()));
    }
    Trial first(s, one);
    Trial second(s, two);
    need(first.begin_shot(films[0]), "the analysis of a shot");
    need(second.begin_shot(films[1]), "the analysis of a shot");
    std::vector<std::vector<Output>> out(2);
    const auto end = static_cast<std::int64_t>(expected[0].size());
    for (std::int64_t n = 0; n < end; ++n) {
        const Called a = first.process(films[0], n, 1, out[0]);
        const Called b = second.process(films[1], n, 1, out[1]);
        require(a, "process, while another stage is at work on a smaller film,");
        require(b, "process, while another stage is at work on a larger film,");
    }
    for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
        compare(expected[i], out[i], across_plans, "beside another stage of the plugin");
    }
}

void side_by_side(Subject& s) {
    if (s.plugin->threading != OLDFILM_PER_STAGE) {
        skip("its stages are never called at the same time (OLDFILM_ONE_THREAD)");
    }
    need_repeatable(s);
    const Shape shape = small_shape(s);
    std::vector<Film> films;
    std::vector<std::unique_ptr<Trial>> trials;
    std::array<std::vector<Output>, 2> expected;
    std::array<std::vector<Output>, 2> out;
    std::array<std::string, 2> problems;
    const auto work = [&](std::size_t i, std::vector<Output>& made) {
        try {
            for (int round = 0; round < 2; ++round) { // so that they do meet
                made = trials.at(i)->whole_shot(films.at(i));
            }
        } catch (const Skipped& why) {
            problems.at(i) = why.why;
        }
    };
    for (std::size_t i = 0; i < 2; ++i) { // one after the other
        trials.push_back(std::make_unique<Trial>(s, shape));
        films.push_back(make_film(shape, trials.back()->length(2), 5 + i));
        std::thread([&] { work(i, expected.at(i)); }).join();
        if (!problems.at(i).empty()) {
            throw Skipped{problems.at(i)};
        }
        trials.back() = std::make_unique<Trial>(s, shape);
    }
    std::thread other([&] { work(1, out[1]); });
    std::thread([&] { work(0, out[0]); }).join();
    other.join();
    for (std::size_t i = 0; i < 2; ++i) {
        if (!problems.at(i).empty()) {
            fail("two stages at the same time: {}", problems.at(i));
        }
        // LibTorch shares its threads out as they are free.
        compare(expected.at(i), out.at(i), across_plans, "two stages at the same time");
    }
}

std::vector<Output> through_pipeline(const Subject& s, const Film& film, bool with_pauses) {
    PipelineOptions options;
    options.device = "cpu";
    options.precision = Precision::float32;
    options.plugin_path = {s.library.folder()};
    Pipeline pipeline(options);
    pipeline.add(StageSpec{s.plugin->id, {}, nullptr});
    StreamFormat format;
    format.channels = film.shape.channels;
    format.height = film.shape.height;
    format.width = film.shape.width;
    format.rate = Rational(16);
    std::int64_t next = 0;
    Run run = pipeline.start(format, [&]() -> std::optional<Frame> {
        if (next == film.size()) {
            return std::nullopt;
        }
        if (with_pauses && next + 1 == film.size()) { // every queue runs dry
            std::this_thread::sleep_for(std::chrono::milliseconds(150));
        }
        FrameInfo info;
        info.index = info.pts = next;
        info.duration = 1;
        info.time_base = Rational(1, 16);
        return Frame(film.pictures[static_cast<std::size_t>(next++)].clone(), info);
    });
    std::vector<Output> out;
    while (const std::optional<Frame> frame = run.next()) {
        Output& made = out.emplace_back();
        made.picture = frame->picture();
        made.mask = frame->mask();
    }
    return out;
}

void queue_depth(Subject& s) {
    need_repeatable(s);
    const Shape shape = small_shape(s);
    const Trial trial(s, shape);
    const Film film = make_film(shape, trial.length(3));
    try {
        const std::vector<Output> filled = through_pipeline(s, film, false);
        if (!trial.changes_rate() && static_cast<std::int64_t>(filled.size()) != film.size()) {
            fail("of {} frames the pipeline gives {}", film.size(), filled.size());
        }
        compare(filled, through_pipeline(s, film, true), 0,
                "with queues that run dry instead of full ones");
    } catch (const Error& error) {
        skip("a pipeline of it fails: {}", error.what());
    }
}

} // namespace

std::vector<Check> schedule_checks() {
    return {
        {"schedule.batch", "how many frames go together is the host's choice",
         "make each output of a batch as if it were alone; the last batch may be smaller",
         "picture.process", batch},
        {"schedule.threads", "programs limit threads, and machines differ",
         "let the number of threads decide who computes, never what", "picture.process", threads},
        {"schedule.worker", "create, configure, the worker and destroy may be four threads",
         "keep nothing in thread_local variables from call to call", "picture.process", worker},
        {"schedule.interleaved", "a pipeline may hold a stage twice, and a program two pipelines",
         "keep everything in the instance, nothing in static variables", "picture.process",
         interleaved},
        {"schedule.side-by-side", "OLDFILM_PER_STAGE allows two stages at the same time",
         "guard what stages share, or say OLDFILM_ONE_THREAD", "picture.process", side_by_side},
        {"schedule.queue-depth", "disks and networks are slow at times",
         "let an output depend on frames and parameters, never on the clock",
         "picture.process picture.lent picture.output-owned picture.outputs-distinct "
         "picture.outlives-stage",
         queue_depth},
    };
}

} // namespace oldfilm::check
