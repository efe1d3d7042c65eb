/// \file
/// What checks compare with what: a shape that works, runs of one film.

#include "check/trial.hpp"

#include <algorithm>

namespace oldfilm::check {
namespace {

/// The first that configure takes; nothing when it takes none, and `called` says why.
std::optional<Shape> first_taken(Subject& subject, Called& called,
                                 const std::function<bool(Trial&, const Shape&)>& works) {
    for (const int channels : {3, 1}) {
        const Shape shape{channels};
        Trial trial(subject);
        need(trial.create(), "create");
        called = trial.configure(shape, Values(subject));
        if (called.ok() && works(trial, shape)) {
            return shape;
        }
    }
    return std::nullopt;
}

} // namespace

Shape taken_shape(Subject& subject) {
    Called called;
    const auto any = [](Trial&, const Shape&) { return true; };
    if (const std::optional<Shape> shape = first_taken(subject, called, any)) {
        return *shape;
    }
    skip("configure fails: {}", called.shown());
}

const Shape& small_shape(Subject& subject) {
    if (!subject.shape) {
        const Shape taken = taken_shape(subject);
        Called called;
        const auto processes = [](Trial& trial, const Shape& shape) {
            const Film film = make_film(shape, trial.length(1));
            std::vector<Output> out;
            return trial.begin_shot(film).ok() &&
                   trial.process(film, trial.changes_rate() ? 0 : trial.middle(), 1, out).ok();
        };
        subject.shape = first_taken(subject, called, processes).value_or(taken);
    }
    return *subject.shape;
}

void compare(const std::vector<Output>& a, const std::vector<Output>& b, double tolerance,
             const std::string& what) {
    if (a.size() != b.size()) {
        fail("{}: {} and {} outputs", what, a.size(), b.size());
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        const bool same = same_bits(a[i].picture, b[i].picture) && same_bits(a[i].mask, b[i].mask);
        const double apart = same ? 0
                                  : std::max(difference(a[i].picture, b[i].picture),
                                             difference(a[i].mask, b[i].mask));
        if (tolerance == 0 ? !same : !(apart <= tolerance)) {
            fail("{}: output {} differs by up to {:.3g}", what, i, apart);
        }
    }
}

void need_repeatable(Subject& subject) {
    if (!subject.random) {
        subject.random = "";
        const Shape shape = small_shape(subject);
        std::vector<std::vector<Output>> runs;
        for (int i = 0; i < 2; ++i) {
            Trial trial(subject, shape);
            runs.push_back(trial.whole_shot(make_film(shape, trial.length(2))));
        }
        try {
            compare(runs[0], runs[1], 0, "two runs");
        } catch (const Failed& failed) {
            subject.random = failed.found;
        }
    }
    if (!subject.random->empty()) {
        skip("outputs differ from run to run; see film.repeatable");
    }
}

} // namespace oldfilm::check
