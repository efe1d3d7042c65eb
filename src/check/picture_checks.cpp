/// \file
/// Checks of what a stage makes of pictures of every size and kind.

#include "check/trial.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <fmt/ranges.h>

#include <array>

namespace oldfilm::check {
namespace {

/// One output, its window not clamped. Throws `Skipped` when what comes before process fails.
Called one_output(Trial& trial, const Film& film, std::vector<Output>& out) {
    need(trial.begin_shot(film), "the analysis of a shot");
    return trial.process(film, trial.changes_rate() ? 0 : trial.middle(), 1, out);
}

/// Why an output is not what configure said; empty: it is.
std::string why_wrong(const Trial& trial, const Output& output) {
    const oldfilm_config& c = trial.config;
    if (!output.malformed.empty()) {
        return output.malformed;
    }
    if (output.unchanged && trial.changes_rate()) {
        return "";
    }
    if (!output.picture.defined()) {
        return "it gives no picture, and does not say that the frame is unchanged";
    }
    const std::array<std::int64_t, 3> expected{c.channels, c.height, c.width};
    if (output.picture.sizes() != at::IntArrayRef(expected)) {
        return fmt::format("the picture is {}, and configure answered {}",
                           fmt::join(output.picture.sizes(), " x "), fmt::join(expected, " x "));
    }
    return output.picture.scalar_type() == at::kFloat ? "" : "the picture is not float32";
}

void process(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    const Film film = make_film(shape, trial.length(3));
    need(trial.begin_shot(film), "the analysis of a shot");
    std::vector<Output> out;
    for (std::int64_t n = 0; n < 3; ++n) {
        require(trial.process(film, n + (trial.changes_rate() ? 0 : trial.middle()), 1, out),
                fmt::format("process of frame {} of a film of 64 x 48", n));
    }
}

void format(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    std::vector<Output> out;
    need(one_output(trial, make_film(shape, trial.length(1)), out), "process");
    if (const std::string why = why_wrong(trial, out.front()); !why.empty()) {
        fail("{}", why);
    }
}

void finite(Subject& s) {
    const Shape shape = small_shape(s);
    for (const auto& [level, what] : {std::pair{-1.0, "a film"},
                                      {0.0, "black"},
                                      {1.0, "white"},
                                      {0.5, "gray"},
                                      {1.3, "brighter than white"},
                                      {-0.1, "darker than black"}}) {
        Trial trial(s, shape);
        Film film = make_film(shape, trial.length(1));
        if (level != -1.0) {
            for (at::Tensor& picture : film.pictures) {
                picture.fill_(level);
            }
        }
        std::vector<Output> out;
        need(one_output(trial, film, out), "process");
        for (const at::Tensor& made : {out.front().picture, out.front().mask}) {
            if (made.defined() && !made.isfinite().all().item<bool>()) {
                fail("from {} it makes non-finite values (NaN or infinite)", what);
            }
        }
    }
}

/// A film of this shape gives what configure says; a polite refusal is told by `refused`.
void try_shape(Subject& s, const Shape& shape, std::string* refused) {
    const std::string what = fmt::format("a film of {} x {}, {}", shape.width, shape.height,
                                         shape.channels == 1 ? "one channel" : "three channels");
    Trial trial(s);
    need(trial.create(), "create");
    const Called configured = trial.configure(shape, Values(s));
    if (refused != nullptr && !configured.ok() && configured.escaped.empty() &&
        !configured.sentence.empty()) {
        *refused = configured.sentence;
        return;
    }
    require(configured, "configure for " + what);
    const Film film = make_film(shape, trial.length(1));
    const Called begun = trial.begin_shot(film);
    require(begun, "the analysis of " + what);
    std::vector<Output> out;
    require(trial.process(film, trial.changes_rate() ? 0 : trial.middle(), 1, out),
            "process of " + what);
    // Only the size: what else may be wrong with a picture is another check's matter.
    const Output& made = out.front();
    const Shape& small = *s.shape;
    if (!made.picture.defined() || (made.unchanged && trial.changes_rate())) {
        return;
    }
    const bool is_small = shape.height == small.height && shape.width == small.width &&
                          shape.channels == small.channels;
    const std::string why = is_small ? "" : why_wrong(trial, made);
    if (!why.empty()) {
        // A stage that is wrong with the small film as well is told so once.
        try {
            format(s);
        } catch (const Failed&) {
            skip("see picture.format");
        }
        fail("{}: {}", what, why);
    }
}

void channels(Subject& s, int count) {
    Shape shape = small_shape(s);
    shape.channels = count;
    std::string refused;
    try_shape(s, shape, &refused);
    if (!refused.empty()) {
        skip("it refuses them: {}", refused);
    }
}

void one_channel(Subject& s) {
    channels(s, 1);
}

void three_channels(Subject& s) {
    channels(s, 3);
}

void sizes(Subject& s, std::initializer_list<std::pair<std::int64_t, std::int64_t>> all) {
    for (const auto& [width, height] : all) {
        Shape shape = small_shape(s);
        shape.width = width;
        shape.height = height;
        try_shape(s, shape, nullptr);
    }
}

void smallest(Subject& s) {
    sizes(s, {{16, 16}});
}

void odd(Subject& s) {
    sizes(s, {{61, 43}, {37, 50}});
}

void large(Subject& s) {
    Shape shape = small_shape(s);
    shape.width = 4096;
    shape.height = 2160;
    Trial trial(s);
    need(trial.create(), "create");
    require(trial.configure(shape, Values(s)), "configure for a film of 4096 x 2160");
    // A strip of it: the same distances and strides in a hundredth of the time.
    sizes(s, {{4096, 32}});
}

/// The same numbers at other places in memory.
Film laid_out(const Film& film, int how) {
    Film result = film;
    for (at::Tensor& picture : result.pictures) {
        if (how == 0) { // channels interleaved, as many decoders give them
            picture = picture.permute({1, 2, 0}).contiguous().permute({2, 0, 1});
        } else if (how == 1) { // cut out of a larger picture
            at::Tensor larger =
                at::full({film.shape.channels, film.shape.height + 3, film.shape.width + 5}, 0.25);
            larger.narrow(1, 1, film.shape.height).narrow(2, 2, film.shape.width).copy_(picture);
            picture = larger.narrow(1, 1, film.shape.height).narrow(2, 2, film.shape.width);
        } else { // columns before lines
            picture = picture.transpose(1, 2).contiguous().transpose(1, 2);
        }
    }
    return result;
}

void strides(Subject& s) {
    need_repeatable(s);
    const Shape shape = small_shape(s);
    std::vector<Output> plain;
    for (const int how : {-1, 0, 1, 2}) {
        Trial trial(s, shape);
        const Film film = make_film(shape, trial.length(1));
        std::vector<Output> out;
        need(one_output(trial, how < 0 ? film : laid_out(film, how), out), "process");
        if (how < 0) {
            plain = std::move(out);
            continue;
        }
        constexpr std::array names{"interleaved", "cut out of a larger one", "stored by columns"};
        compare(plain, out, 1e-4, fmt::format("a picture that is {}", names.at(how)));
    }
}

} // namespace

std::vector<Check> picture_checks() {
    return {
        {"picture.process", "this is what a stage is for",
         "return OLDFILM_OK, with a picture or `unchanged` in each result; else say why with "
         "host->fail",
         "stage.answer", process},
        {"picture.format", "the stages that follow were configured for it",
         "give float32 of the size and channels that configure answered", "picture.process",
         format},
        {"picture.finite", "one value that is no number spreads over the whole film",
         "look for divisions by zero, logarithms of zero and roots of negative values; films have "
         "black frames, and values beyond [0, 1]",
         "picture.process", finite},
        {"picture.one-channel", "most old films are monochrome, and stay one channel",
         "take one channel, or refuse it in configure with a sentence", "picture.process",
         one_channel},
        {"picture.three-channels", "stages that give color come first in many pipelines",
         "take three channels, or refuse them in configure with a sentence", "picture.process",
         three_channels},
        {"picture.smallest", "films begin at 16 x 16: thumbnails, tests, crops",
         "pad what is too small for your method", "picture.process", smallest},
        {"picture.odd", "scans have any size", "never count on even sizes, or on multiples",
         "picture.process", odd},
        {"picture.4k", "scans go to 4K and beyond",
         "count in 64 bits, and take work space from the heap", "picture.process", large, 300},
        {"picture.strides", "pictures come as they lie: interleaved, cut out, mirrored",
         "use the tensor's strides", "picture.process", strides},
    };
}

} // namespace oldfilm::check
