/// \file
/// Checks of a stage's life: create, configure, destroy, and again.

#include "check/trial.hpp"
#include "stage/answer.hpp"
#include "stage/stage.hpp"

#include <array>
#include <cstddef>
#include <cstring>

namespace oldfilm::check {
namespace {

void create(Subject& s) {
    Trial trial(s);
    require(trial.create(), "create");
}

void create_again(Subject& s) {
    constexpr int times = 20;
    for (int i = 1; i <= times; ++i) {
        Trial trial(s);
        require(trial.create(), fmt::format("create, called for the {}. time,", i));
    }
    Trial first(s);
    Trial second(s);
    require(first.create(), "create");
    require(second.create(), "create of a second stage beside the first");
}

void create_light(Subject& s) {
    Trial trial(s);
    need(trial.create(), "create");
    if (trial.bench().calls(Service::open_model) > 0) {
        fail("create opens a model");
    }
}

void configure(Subject& s) {
    Called called;
    for (const int channels : {3, 1}) {
        Trial trial(s);
        need(trial.create(), "create");
        called = trial.configure(Shape{channels}, Values(s));
        if (called.ok()) {
            return;
        }
    }
    require(called, "configure for 64 x 48 at 16 frames a second, with every parameter's default,");
}

void answer(Subject& s) {
    const Trial trial(s, taken_shape(s));
    const oldfilm_config& c = trial.config;
    if (const std::string why = stage::why_refused(c, *s.plugin); !why.empty()) {
        fail("configure's answer: {}", why);
    }
    if (c.rate.num == 0) { // the film that it was asked about has one
        fail("configure answers the rate {}/{}", c.rate.num, c.rate.den);
    }
}

/// All but `size`, which is the host's.
std::string shown(const oldfilm_config& c) {
    return fmt::format("{} x {} x {} at {}/{}, window {} + {} ({}), batch {}, state {} {}, "
                       "analysis {}",
                       c.channels, c.height, c.width, c.rate.num, c.rate.den, c.before, c.after,
                       c.edges, c.batch, c.state, c.warm_up, c.analysis_frames);
}

void answer_again(Subject& s) {
    const Shape shape = taken_shape(s);
    const std::string first = shown(Trial(s, shape).config);
    const std::string second = shown(Trial(s, shape).config);
    if (first != second) {
        fail("configure answers once {}, and then {}", first, second);
    }
}

void answer_bounds(Subject& s) {
    // A host of an earlier minor has shorter structs: what lies behind them is not the stage's.
    struct Guarded {
        oldfilm_config config;
        std::array<unsigned char, 64> behind;
    } guarded{};
    const Shape shape = taken_shape(s);
    Bench bench(s);
    oldfilm_stage* stage = nullptr;
    need(call(bench, [&] { return s.plugin->create(bench.host(), &stage); }), "create");
    oldfilm_format format{};
    format.size = sizeof(format);
    format.channels = shape.channels;
    format.height = shape.height;
    format.width = shape.width;
    format.rate = shape.rate;
    format.device_type = OLDFILM_CPU;
    oldfilm_config& c = guarded.config;
    c = stage::answer_like(format);
    guarded.behind.fill(0x5a);
    const auto whole = guarded.behind;
    const Values initial(s); // lives as long as the texts that are pointed to
    const std::vector<oldfilm_value> values = initial.c();
    const Called called =
        call(bench, [&] { return s.plugin->configure(stage, &format, values.data(), &c); });
    call(bench, [&] {
        s.plugin->destroy(stage);
        return OLDFILM_OK;
    });
    need(called, "configure");
    if (c.size != sizeof(c)) {
        fail("configure sets size to {}", c.size);
    }
    if (guarded.behind != whole) {
        fail("configure writes behind the config that it was given");
    }
}

} // namespace

std::vector<Check> stage_checks() {
    return {
        {"stage.create", "nothing works without an instance",
         "set *stage and return OLDFILM_OK; return another status and call host->fail if not",
         "description.functions", create},
        {"stage.create-again", "one process restores many films, and some at the same time",
         "keep nothing static that create changes; give back in destroy what create took",
         "stage.create", create_again},
        {"stage.create-light", "a pipeline's stages are all created before one is configured",
         "open models in configure", "stage.create", create_light},
        {"stage.configure", "every stage must work as it stands",
         "choose defaults that work, and look for models beside the library (host->folder)",
         "stage.create", configure},
        {"stage.answer", "the host plans memory, windows and batches with it",
         "answer positive sizes, 1 or 3 channels, a rate, a window of 0 or more, a batch of 1 or "
         "more; `config` comes filled with \"as the input\"",
         "stage.configure", answer},
        {"stage.answer-again", "what a run does is planned before its first frame",
         "let the answer depend on the format and the parameters alone", "stage.answer",
         answer_again},
        {"stage.answer-bounds", "structs may grow at their end: the host's may be shorter",
         "write to the fields that `size` covers, and never to `size`", "stage.answer",
         answer_bounds},
    };
}

} // namespace oldfilm::check
