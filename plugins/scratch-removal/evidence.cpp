#include "evidence.hpp"

#include <oldfilm/sdk/grow.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace scratch {
namespace {

using namespace oldfilm::sdk;

/// What the neighbors show too, to this difference, is no dirt: a running scratch, or the scene.
constexpr double same = 0.05;
/// Scratches that last run along the film: what lasts counts as damage where a column is marked
/// over this part of its height. A door's edge does not go from frame line to frame line.
constexpr double least_run = 0.3;
/// Where the picture stands still, nothing but its length tells a scratch from a post.
constexpr double least_run_when_still = 0.45;
constexpr std::int64_t column = 7; // pixels, since scratches lean
/// Pixels from frame to frame beyond which a picture pans.
constexpr double panning = 0.4;
constexpr std::int64_t middle = 2; // of a window of five
/// The fill is wrong by so much of the neighbors' range.
constexpr double error_of_range = 0.3;
/// Harm counts so many times as much as gain: at sensitivity 0, and how that falls up to 1; twenty
/// times at the default.
constexpr double most_caution = 200;
constexpr double least_caution = 4.3;
/// And so many times more where the neighbors are all on one side, at a shot's ends: what is
/// covered or uncovered there is in the frame alone too.
constexpr double one_sided = 6;
/// But so many times less in a frame where this part of what was suspected passes: where much is
/// surely damaged, the rest is likely to be.
constexpr double in_damaged_frame = 1.0 / 20;
constexpr double least_sure = 0.5;
constexpr std::int64_t together = 4; ///< pixels: how far one place's evidence counts for others
/// `scale` is what sensitivity makes of 0.6.
constexpr double scale = 0.51;
/// Damage that reaches this far to all sides leads flow astray; pixels.
constexpr std::int64_t wide = 8;

/// The running scratches of what is `lasting`, both 1 x H x W: narrow, over much of the
/// picture's height, and still while the picture pans. What moves with the picture is in it.
at::Tensor running(const at::Tensor& lasting, const at::Tensor& found, const Seen& seen) {
    const std::int64_t half = std::max<std::int64_t>(5, found.size(2) / 96);
    const at::Tensor broad =
        grown_along(grown_along(found.logical_not(), 2, half).logical_not(), 2, half);
    at::Tensor line = lasting.logical_and(broad.logical_not());
    at::Tensor marked = grown_along(line, 2, column / 2).to(at::kFloat).mean(1, true);
    if (seen.drift.defined()) { // of a picture that is still, or was steadied, it tells nothing
        const at::Tensor pace = seen.drift.median().abs();
        const at::Tensor is_still = pace < panning;
        line = line.logical_and((seen.drift.abs() < pace / 2).logical_or(is_still));
        marked = grown_along(line, 2, column / 2).to(at::kFloat).mean(1, true);
        return line.logical_and(marked > at::where(is_still, least_run_when_still, least_run));
    }
    return line.logical_and(marked > least_run);
}

/// `found` (1 x H x W) less what a repair is not expected to bring nearer to the truth. A
/// repair changes the frame by so much. Where the frame is damaged, that is `gain`, but for the
/// fill's own error: that is as large as what the neighbors contradict each other by, since
/// where they disagree, things move in ways that flow doesn't follow. Else all of the change is
/// `harm`. Both are N x C x H x W, in squared error times the probability of either, and count
/// with those of places next to them. Detectors of blotches ask for the same with thresholds:
/// the frame outside of the range of its compensated neighbors, which agree (SDI and ROD:
/// Kokaram 1998, chapter 6). What `lasts` was judged as a running scratch.
at::Tensor attested(const at::Tensor& found, const at::Tensor& lasts, const at::Tensor& gain,
                    const at::Tensor& harm, const Seen& seen, double caution) {
    at::Tensor passing = found.logical_and(lasts.logical_not());
    const at::Tensor all = passing.sum();
    const auto near = [&](const at::Tensor& values) {
        return at::avg_pool2d((values.flatten(0, 1).sum(0, true) * passing).unsqueeze(0),
                              {2 * together + 1, 2 * together + 1}, {1, 1},
                              {together, together})[0];
    };
    const at::Tensor gains = near(gain);
    const at::Tensor harms = near(harm) * (caution * (seen.has_both_sides ? 1 : one_sided));
    if (seen.inside.defined()) { // else it was the picture's edge that "attested"
        passing = passing.logical_and(seen.inside);
    }
    const at::Tensor sure = passing.logical_and(gains > harms);
    const at::Tensor likely = passing.logical_and(gains > harms * in_damaged_frame);
    const at::Tensor is_damaged = sure.sum() >= all * least_sure;
    return found.logical_and(lasts).logical_or(at::where(is_damaged, likely, sure));
}

} // namespace

Caution caution_at(double sensitivity, double line) {
    // Sensitivity moves the line about the network's own: from 1.8 to 0.5 times it.
    return {.threshold = (0.9 - 0.65 * sensitivity) * line / scale,
            .harm = most_caution * std::pow(least_caution / most_caution, sensitivity)};
}

Found found_in(const at::Tensor& mask, const at::Tensor& picture, const Seen& seen,
               const Caution& caution) {
    const at::Tensor found = mask.amax(0) > caution.threshold;
    if (!seen.has_evidence) {
        return {found, found};
    }
    const at::Tensor around =
        at::cat({seen.window.slice(1, 0, middle), seen.window.slice(1, middle + 1)}, 1);
    const at::Tensor median = (around.sum(1) - around.amax(1) - around.amin(1)) * 0.5;
    const at::Tensor apart = (seen.window.select(1, middle) - median).abs();
    const at::Tensor lasts = // the frame is as the neighbors are
        at::avg_pool2d(apart.amax(0, true), {3, 3}, {1, 1}, {1, 1}, false, false)[0].amax(0, true) <
        same;
    const at::Tensor lasting = found.logical_and(lasts);
    const at::Tensor suspected =
        found.logical_and(lasting.logical_not().logical_or(running(lasting, found, seen)));
    const at::Tensor center = seen.window.select(1, middle);
    const at::Tensor fill = picture.defined() ? picture : median;
    const at::Tensor change = (fill - center).square();
    const at::Tensor doubt = (around.amax(1) - around.amin(1)).mul_(error_of_range).square_();
    return {suspected, attested(suspected, lasts, mask * (change - doubt), (1 - mask) * change,
                                seen, caution.harm)};
}

at::Tensor is_wide(const at::Tensor& found) {
    return grown(found.logical_not(), wide).logical_not().any();
}

at::Tensor drift(const at::Tensor& flow, const std::vector<double>& steps) {
    at::Tensor sum = at::zeros_like(flow[0].slice(0, 0, 1));
    double squares = 0;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        sum.add_(flow[static_cast<std::int64_t>(i)].slice(0, 0, 1), steps[i]);
        squares += steps[i] * steps[i];
    }
    return sum.div_(squares);
}

at::Tensor leads_inside(const at::Tensor& flow, const std::vector<double>& steps) {
    const std::int64_t h = flow.size(2);
    const std::int64_t w = flow.size(3);
    const at::Tensor x = flow.select(1, 0) + at::arange(w, flow.options());
    const at::Tensor y = flow.select(1, 1) + at::arange(h, flow.options()).unsqueeze(1);
    const auto last = [](std::int64_t size) { return static_cast<double>(size) - 0.5; };
    const at::Tensor inside =
        (x >= -0.5).logical_and(x <= last(w)).logical_and(y >= -0.5).logical_and(y <= last(h));
    std::array<at::Tensor, 2> sides;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        at::Tensor& side = steps[i] < 0 ? sides[0] : sides[1];
        const at::Tensor here = inside[static_cast<std::int64_t>(i)];
        side = side.defined() ? side.logical_or(here) : here;
    }
    if (sides[0].defined() && sides[1].defined()) {
        return sides[0].logical_and(sides[1]).unsqueeze(0);
    }
    return inside.all(0, true); // one side has to do for both
}

} // namespace scratch
