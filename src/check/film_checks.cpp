/// \file
/// Checks of what a stage makes of films: their ends, cuts and times, and what it remembers.

#include "check/trial.hpp"

#include <ATen/ops/full.h>
#include <ATen/ops/max.h>
#include <nlohmann/json.hpp>

namespace oldfilm::check {
namespace {

void window_ends(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    if (trial.changes_rate() || trial.config.before + trial.config.after == 0) {
        skip("it looks at no neighbors");
    }
    const Film film = make_film(shape, trial.length(2));
    need(trial.begin_shot(film), "the analysis of a shot");
    std::vector<Output> out;
    // The middle first: a stage that fails there fails for another reason.
    need(trial.process(film, trial.middle(), 1, out), "process");
    trial.reset();
    for (const std::int64_t n : {std::int64_t{0}, film.size() - 1}) {
        Trial fresh(s, shape);
        need(fresh.begin_shot(film), "the analysis of a shot");
        require(fresh.process(film, n, 1, out),
                fmt::format("process of a shot's {} frame, which its window is no longer around,",
                            n == 0 ? "first" : "last"));
    }
}

void one_frame(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    if (trial.changes_rate()) {
        skip("it is asked only between two frames");
    }
    const Film film = make_film(shape, 1);
    const Called begun = trial.begin_shot(film);
    if (trial.config.analysis_frames > 0) {
        need(begun, "the analysis of a film of one frame (see analysis.short-shot)");
    }
    std::vector<Output> out;
    require(trial.process(film, 0, 1, out), "process of a film of one frame");
}

void irregular_rate(Subject& s) {
    Shape shape = taken_shape(s);
    shape.rate = {0, 1};
    Trial trial(s);
    need(trial.create(), "create");
    const Called called = trial.configure(shape, Values(s));
    if (!called.escaped.empty()) {
        skip("a C++ exception came across; see failures.exceptions");
    }
    if (!called.ok()) {
        if (called.status == OLDFILM_INVALID) {
            skip("it refuses them: {}", called.sentence);
        }
        fail("configure for a film without a rate fails: {}", called.shown());
    }
    if (trial.config.rate.den <= 0 || trial.config.rate.num < 0) {
        fail("configure for a film without a rate answers the rate {}/{}", trial.config.rate.num,
             trial.config.rate.den);
    }
}

void times(Subject& s) {
    const Shape shape = small_shape(s);
    for (const std::int64_t start : {std::int64_t{-1000}, std::int64_t{1} << 40}) {
        Trial trial(s, shape);
        Film film = make_film(shape, trial.length(1));
        film.first_pts = start;
        film.first_index = std::max<std::int64_t>(start, 0);
        film.shot = 70000;
        need(trial.begin_shot(film), "the analysis of a shot");
        std::vector<Output> out;
        require(trial.process(film, trial.changes_rate() ? 0 : trial.middle(), 1, out),
                fmt::format("process of a frame at tick {}, in shot 70000,", start));
    }
}

void positions(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    if (!trial.changes_rate()) {
        skip("it keeps the rate");
    }
    const Film film = make_film(shape, 2);
    trial.reset();
    std::vector<Output> out;
    need(trial.process(film, 0, 1, out), "process");
    for (const double position : {0.001, 1.0 / 3, 0.999}) {
        require(trial.process(film, 0, 1, out, position),
                fmt::format("process at the position {:.3g} between two frames", position));
    }
}

void repeatable(Subject& s) {
    try {
        need_repeatable(s);
    } catch (const Skipped&) {
        if (s.random && !s.random->empty()) {
            fail("{}", *s.random);
        }
        throw;
    }
}

/// The same second shot, after another one and alone.
void reset(Subject& s) {
    need_repeatable(s);
    const Shape shape = small_shape(s);
    Trial used(s, shape);
    const std::int64_t length = used.length(2);
    Film second = make_film(shape, length, 2);
    used.whole_shot(make_film(shape, length));
    second.shot = 1;
    second.first_index = second.first_pts = length;
    Trial fresh(s, shape);
    const std::vector<Output> alone = fresh.whole_shot(second);
    compare(alone, used.whole_shot(second), 0, "after a cut");
}

/// The same frame, asked for alone and after those before it.
void state(Subject& s) {
    need_repeatable(s);
    const Shape shape = small_shape(s);
    Trial whole(s, shape);
    if (whole.config.batch > 1) {
        // Whole batches, so that the same frames go together.
        whole.config.batch = 1;
    }
    const std::int64_t warm_up = whole.config.state == OLDFILM_WARM_UP ? whole.config.warm_up : 0;
    const std::int64_t skipped = 3;
    const Film film = make_film(shape, whole.length(skipped + warm_up + 1));
    need(whole.begin_shot(film), "the analysis of a shot");
    const std::int64_t first = whole.changes_rate() ? 0 : whole.middle();
    const std::int64_t wanted = first + skipped + warm_up;
    const std::vector<Output> all = whole.shot(film.copy(), first, wanted + 1);
    Trial late(s, shape);
    late.config.batch = 1;
    need(late.begin_shot(film), "the analysis of a shot");
    const std::vector<Output> some = late.shot(film, wanted - warm_up, wanted + 1);
    compare({all.back()}, {some.back()}, 1e-5,
            fmt::format("begun {} frames later, with a warm-up of {}", skipped, warm_up));
}

/// A shot's analysis, or why there is none.
std::string analysis_of(Trial& trial, const Film& film) {
    if (!trial.analyzes()) {
        skip("it asks for no analysis");
    }
    trial.reset();
    need(trial.analyze(film), "analyze");
    std::string json;
    need(trial.finish_analysis(json), "finish");
    return json;
}

void analysis_json(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    const std::string json = analysis_of(trial, make_film(shape, trial.length(4)));
    if (!nlohmann::json::accept(json)) {
        fail("finish gives \"{}\"", json.substr(0, 80));
    }
}

void analysis_restore(Subject& s) {
    const Shape shape = small_shape(s);
    Trial first(s, shape);
    const Film film = make_film(shape, first.length(4));
    const std::string json = analysis_of(first, film);
    need_repeatable(s);
    Trial again(s, shape);
    again.reset();
    const Called called = again.restore_analysis(json);
    require(called, "restore, with what finish gave,");
    const std::int64_t from = first.changes_rate() ? 0 : first.middle();
    const std::vector<Output> made = first.shot(film.copy(), from, from + 2);
    compare(made, again.shot(film, from, from + 2), 1e-5,
            "with its analysis restored instead of made");
}

/// Draft: a stage that is loaded continues as the one that was saved.
void saved_state(Subject& s) {
    const Shape shape = small_shape(s);
    Trial first(s, shape);
    if (!first.saves_state()) {
        skip("it does not save its state (a draft)");
    }
    need_repeatable(s);
    const Film film = make_film(shape, first.length(5));
    const std::int64_t from = first.changes_rate() ? 0 : first.middle();
    need(first.begin_shot(film), "the analysis of a shot");
    first.shot(film.copy(), from, from + 3);
    std::string bytes;
    require(first.save_state(bytes), "save");
    Trial again(s, shape);
    again.reset();
    require(again.load_state(bytes), "load, with what save gave,");
    compare(first.shot(film.copy(), from + 3, from + 5), again.shot(film, from + 3, from + 5), 0,
            "with its state loaded instead of made");
}

/// Draft: a stage that says where samples come from does so in the host's terms.
void evidence(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    if (!trial.says_evidence()) {
        skip("it does not say where samples come from (a draft)");
    }
    require(trial.keep_evidence(), "keep");
    const Film film = make_film(shape, trial.length(1));
    need(trial.begin_shot(film), "the analysis of a shot");
    const std::int64_t from = trial.changes_rate() ? 0 : trial.middle();
    if (trial.shot(film, from, from + 1).front().unchanged) {
        skip("it leaves the film of the check unchanged");
    }
    std::int32_t kind = OLDFILM_SYNTHESIZED;
    at::Tensor plane;
    require(trial.evidence(kind, plane), "evidence");
    if (!plane.defined()) {
        plane = at::full({1, trial.config.height, trial.config.width}, kind, at::kByte);
    }
    if (plane.scalar_type() != at::kByte ||
        plane.sizes() != at::IntArrayRef({1, trial.config.height, trial.config.width})) {
        fail("the plane must be 1 x {} x {} uint8", trial.config.height, trial.config.width);
    }
    if (const int highest = plane.max().item<int>(); highest > OLDFILM_SYNTHESIZED) {
        fail("a kind is {}, and the highest is {}", highest, int{OLDFILM_SYNTHESIZED});
    }
}

void analysis_short(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    if (!trial.analyzes()) {
        skip("it asks for no analysis");
    }
    const Film film = make_film(shape, 1);
    trial.reset();
    require(trial.analyze(film), "analyze of a shot of one frame");
    std::string json;
    require(trial.finish_analysis(json), "finish of a shot of one frame");
}

} // namespace

std::vector<Check> film_checks() {
    return {
        {"film.repeatable", "a film that is restored twice must be the same film",
         "seed what is random with the frame's number; keep no static counters; wait for your own "
         "threads; initialize memory",
         "picture.process", repeatable},
        {"film.window-ends", "at a shot's ends the window repeats the nearest frame",
         "take entries of one window that are the same frame", "picture.process", window_ends},
        {"film.one-frame", "stills are films of one frame",
         "take a window whose entries are all the same frame", "picture.process", one_frame},
        {"film.irregular-rate", "films with varying times have no rate (0/1)",
         "do without a rate, or refuse with OLDFILM_INVALID and a sentence", "stage.answer",
         irregular_rate},
        {"film.times", "films are long, cut out of longer ones, and may begin below 0",
         "count in 64 bits; index nothing with frame or shot numbers", "picture.process", times},
        {"film.positions", "other rates ask for any place between two frames",
         "take every position in (0, 1)", "picture.process", positions},
        {"film.reset", "what was before a cut has nothing to do with what comes after it",
         "forget everything about frames in reset", "picture.process", reset},
        {"film.state", "a film is cut into segments, and begun again in its middle",
         "say OLDFILM_WARM_UP with enough frames, or depend on the window alone", "picture.process",
         state},
        {"film.saved-state", "a film that is resumed need not repeat the frames before",
         "save all that process remembers of earlier frames, and no addresses", "picture.process",
         saved_state},
        {"film.evidence", "an account of a restoration says where samples come from",
         "give a kind of <oldfilm/plugin/ext/draft/evidence.h>, or a plane of the output's size",
         "picture.process", evidence},
        {"analysis.json", "analyzes are kept as JSON, which people read",
         "give valid JSON (\"null\" where nothing was found)", "picture.process", analysis_json},
        {"analysis.restore", "a run that is taken up again does not analyze again",
         "write restore, and put into the JSON all that process needs", "picture.process",
         analysis_restore},
        {"analysis.short-shot", "shots may be shorter than the analysis that was asked for",
         "take what there is, one frame at least", "picture.process", analysis_short},
    };
}

} // namespace oldfilm::check
