/// \file
/// Checks of who owns what: lent is lent, and given is given.

#include "check/trial.hpp"

#include <ATen/TensorOperators.h>

namespace oldfilm::check {
namespace {

std::vector<at::Tensor> copies(const std::vector<at::Tensor>& tensors) {
    std::vector<at::Tensor> result;
    result.reserve(tensors.size());
    for (const at::Tensor& tensor : tensors) {
        result.push_back(tensor.clone());
    }
    return result;
}

void input_untouched(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    const Film film = make_film(shape, trial.length(3));
    const std::vector<at::Tensor> before = copies(film.pictures);
    need(trial.begin_shot(film), "the analysis of a shot");
    trial.shot(film, 0, trial.changes_rate() ? film.size() - 1 : film.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (!same_bits(before[i], film.pictures[i])) {
            fail("it writes into the picture of frame {}, by up to {:.3g}", i,
                 difference(before[i], film.pictures[i]));
        }
    }
}

/// A stage that looks at what was lent after the call gets other frames, or none.
void lent(Subject& s) {
    need_repeatable(s);
    const Shape shape = small_shape(s);
    std::vector<std::vector<Output>> runs;
    for (const bool poison : {false, true}) {
        Trial trial(s, shape);
        trial.poison = poison;
        runs.push_back(trial.whole_shot(make_film(shape, trial.length(3))));
    }
    compare(runs[0], runs[1], 0, "when what was lent is overwritten after each call");
}

void output_owned(Subject& s) {
    if (s.torch()) {
        skip("it shares tensors with the host, which keep what they need");
    }
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    trial.keep = true;
    const Film film = make_film(shape, trial.length(1));
    need(trial.begin_shot(film), "the analysis of a shot");
    std::vector<Output> out;
    need(trial.process(film, trial.changes_rate() ? 0 : trial.middle(), 1, out), "process");
    if (out.front().unchanged || !out.front().picture.defined()) {
        skip("it gives no picture");
    }
    const at::Tensor before = out.front().picture.clone();
    for (const at::Tensor& picture : film.pictures) {
        picture.fill_(-7.0);
    }
    if (!same_bits(before, out.front().picture)) {
        fail("its picture lies in the memory of its input");
    }
}

void outputs_distinct(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    trial.keep = true;
    const Film film = make_film(shape, trial.length(3));
    need(trial.begin_shot(film), "the analysis of a shot");
    std::vector<Output> out;
    const std::int64_t from = trial.changes_rate() ? 0 : trial.middle();
    need(trial.process(film, from, 1, out), "process");
    const at::Tensor& first = out.front().picture;
    if (!first.defined()) {
        skip("it gives no picture");
    }
    const at::Tensor before = first.clone();
    need(trial.process(film, from + 1, 1, out), "process");
    if (!same_bits(before, out.front().picture)) {
        fail("the picture of one frame changes when the next one is made");
    }
}

void outlives(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    trial.keep = true;
    const Film film = make_film(shape, trial.length(1));
    need(trial.begin_shot(film), "the analysis of a shot");
    std::vector<Output> out;
    need(trial.process(film, trial.changes_rate() ? 0 : trial.middle(), 1, out), "process");
    if (!out.front().picture.defined()) {
        skip("it gives no picture");
    }
    const at::Tensor before = out.front().picture.clone();
    trial.destroy();
    if (!same_bits(before, out.front().picture)) {
        fail("its picture changes when the stage is destroyed");
    }
}

} // namespace

std::vector<Check> ownership_checks() {
    return {
        {"picture.input-untouched", "other stages, other windows and the writer share each frame",
         "write into a tensor of your own", "picture.process", input_untouched},
        {"picture.lent", "what a call is lent is valid until it returns",
         "copy what you need later; LibTorch's tensors may be kept, the structs may not",
         "picture.process", lent},
        {"picture.output-owned", "the input goes back as soon as process returns",
         "give a tensor of your own, or say `unchanged`", "picture.process", output_owned},
        {"picture.outputs-distinct", "frames wait in a queue for the stages that follow",
         "give each output its own memory, until its release is called", "picture.process",
         outputs_distinct},
        {"picture.outlives-stage", "a program may keep frames after their run",
         "free an output in its release, not in destroy", "picture.process", outlives},
    };
}

} // namespace oldfilm::check
