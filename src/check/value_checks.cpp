/// \file
/// Checks of parameters at work: at their ends, beyond them, of another type, while running.

#include "check/trial.hpp"
#include "stage/library.hpp"

#include <oldfilm/error.hpp>

#include <cmath>
#include <limits>

namespace oldfilm::check {
namespace {

std::string shown(const ParameterValue& value) {
    return std::visit([](const auto& v) { return fmt::format("{}", v); }, value);
}

/// The table, its rows sane; what is not is other checks' matter.
std::vector<Parameter> sane_table(const Subject& s) {
    std::vector<Parameter> table = s.table();
    for (const Parameter& row : table) {
        const bool number = row.type == ParameterType::integer || row.type == ParameterType::number;
        if (number && !(row.minimum <= row.maximum)) {
            skip("the range of {} is none; see parameters.ranges", row.name);
        }
    }
    if (table.empty()) {
        skip("it has no parameters");
    }
    return table;
}

std::vector<ParameterValue> allowed(const Parameter& row) {
    switch (row.type) {
    case ParameterType::boolean:
        return {false, true};
    case ParameterType::integer:
        return {static_cast<std::int64_t>(row.minimum), static_cast<std::int64_t>(row.maximum)};
    case ParameterType::number:
        return {row.minimum, row.maximum};
    case ParameterType::choice:
        return {row.choices.begin(), row.choices.end()};
    default:
        return {};
    }
}

/// A film through a stage with these values.
Called try_values(Trial& trial, const Shape& shape, const Values& values) {
    need(trial.create(), "create");
    Called called = trial.configure(shape, values);
    if (!called.ok()) {
        return called;
    }
    const Film film = make_film(shape, trial.length(1));
    called = trial.begin_shot(film);
    if (!called.ok()) {
        return called;
    }
    std::vector<Output> out;
    return trial.process(film, trial.changes_rate() ? 0 : trial.middle(), 1, out);
}

void ends(Subject& s) {
    const std::vector<Parameter> table = sane_table(s);
    const Shape shape = small_shape(s);
    for (const Parameter& row : table) {
        for (const ParameterValue& value : allowed(row)) {
            if (value == row.initial) {
                continue;
            }
            Trial trial(s);
            require(
                try_values(trial, shape, Values(s).set(row.name, value)),
                fmt::format("a film with {}={}, which the table allows,", row.name, shown(value)));
        }
    }
}

/// The host must refuse it; should a host let it pass, the stage survives it.
void survive(Subject& s, const Parameter& row, const ParameterValue& value) {
    try {
        check_parameters(s.plugin->name, s.table(), {{row.name, value}});
    } catch (const Error&) {
        Trial trial(s);
        const Called called = try_values(trial, small_shape(s), Values(s).set(row.name, value));
        if (!called.escaped.empty()) {
            skip("a C++ exception came across; see failures.exceptions");
        }
        return;
    }
    fail("the host takes {}={}", row.name, shown(value));
}

void out_of_range(Subject& s) {
    for (const Parameter& row : sane_table(s)) {
        switch (row.type) {
        case ParameterType::integer:
            survive(s, row, static_cast<std::int64_t>(row.minimum) - 1);
            survive(s, row, static_cast<std::int64_t>(row.maximum) + 1);
            break;
        case ParameterType::number:
            survive(s, row, row.minimum - 1);
            survive(s, row, row.maximum * 2 + 1);
            survive(s, row, std::numeric_limits<double>::quiet_NaN());
            break;
        case ParameterType::choice:
            survive(s, row, std::string("no such choice"));
            break;
        default:
            break;
        }
    }
}

void wrong_type(Subject& s) {
    for (const Parameter& row : sane_table(s)) {
        const bool text = row.type == ParameterType::text || row.type == ParameterType::file;
        if (!text) {
            survive(s, row, std::string(""));
        }
        survive(s, row, text ? ParameterValue(true) : ParameterValue(std::string("[]")));
    }
}

void missing_file(Subject& s) {
    bool any = false;
    for (const Parameter& row : s.table()) {
        if (row.type != ParameterType::file) {
            continue;
        }
        any = true;
        Trial trial(s);
        const Called called = try_values(trial, small_shape(s),
                                         Values(s).set(row.name, std::string("/nonexistent/file")));
        if (!called.escaped.empty()) {
            skip("a C++ exception came across; see failures.exceptions");
        }
        if (called.ok()) {
            fail("with {}=/nonexistent/file it works on as if nothing were wrong", row.name);
        }
    }
    if (!any) {
        skip("it has no parameter that is a file");
    }
}

void live(Subject& s) {
    bool any = false;
    const Shape shape = small_shape(s);
    for (const Parameter& row : s.table()) {
        if (!row.live || allowed(row).empty() ||
            stage::extension_of<oldfilm_stage_live>(*s.plugin, OLDFILM_EXT_LIVE) == nullptr) {
            continue;
        }
        need_repeatable(s);
        any = true;
        const std::vector<ParameterValue> values = allowed(row);
        const ParameterValue value = values.front() == row.initial ? values.back() : values.front();
        const Values changed = Values(s).set(row.name, value);
        Trial running(s, shape);
        const Film film = make_film(shape, running.length(2));
        const std::int64_t from = running.changes_rate() ? 0 : running.middle();
        const Film own = film.copy();
        need(running.begin_shot(own), "the analysis of a shot");
        std::vector<Output> out;
        need(running.process(own, from, 1, out), "process");
        require(running.change(changed), fmt::format("change to {}={}", row.name, shown(value)));
        need(running.process(own, from + 1, 1, out), "process");
        Trial fresh(s);
        need(fresh.create(), "create");
        need(fresh.configure(shape, changed), "configure");
        need(fresh.begin_shot(film), "the analysis of a shot");
        std::vector<Output> expected;
        // A stage that remembers has seen the frame before as well.
        need(fresh.process(film, from, 1, expected), "process");
        need(fresh.process(film, from + 1, 1, expected), "process");
        const bool remembers = running.config.state == OLDFILM_WARM_UP;
        if (!remembers) {
            compare(
                {expected.back()}, {out.back()}, 1e-4,
                fmt::format("after change to {}={}, and configured so", row.name, shown(value)));
        }
    }
    if (!any) {
        skip("it has no live parameter");
    }
}

} // namespace

std::vector<Check> value_checks() {
    return {
        {"values.ends", "people turn knobs to their ends",
         "make every value of the table work, or narrow its range", "picture.process", ends, 300},
        {"values.out-of-range", "what the host refuses still comes from hosts that do not",
         "give every number a range; refuse or clamp what is beyond it", "picture.process",
         out_of_range, 120},
        {"values.wrong-type", "JSON documents are written by hand",
         "take what is no choice as an error, not as an index", "picture.process", wrong_type, 120},
        {"values.missing-file", "a file name that is misspelt must not pass unnoticed",
         "refuse in configure, with OLDFILM_INVALID and the name", "picture.process", missing_file},
        {"values.live", "a change takes effect with the next process",
         "take over the values of live parameters in change", "picture.process", live},
    };
}

} // namespace oldfilm::check
