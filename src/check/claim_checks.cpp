/// \file
/// Checks that a stage does what it says of its outputs: masks, and frames that it left alone.

#include "check/trial.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/where.h>
#include <fmt/ranges.h>

namespace oldfilm::check {
namespace {

struct Seen {
    Film film;
    std::vector<Output> outputs; ///< one for each frame
    oldfilm_config config{};
};

/// A film with dirt, restored; outputs that are not what configure said are left to other checks.
Seen restored(Subject& s) {
    const Shape shape = small_shape(s);
    Trial trial(s, shape);
    if (trial.changes_rate()) {
        skip("it makes frames of its own");
    }
    Seen seen{make_film(shape, trial.length(3), 3), {}, trial.config};
    seen.outputs = trial.whole_shot(seen.film);
    return seen;
}

Seen with_masks(Subject& s) {
    Seen seen = restored(s);
    for (const Output& output : seen.outputs) {
        if (output.mask.defined()) {
            return seen;
        }
    }
    skip("it gives no mask");
}

void mask(Subject& s) {
    const Seen seen = with_masks(s);
    for (std::size_t i = 0; i < seen.outputs.size(); ++i) {
        const Output& output = seen.outputs[i];
        const at::Tensor& input = seen.film.pictures[i];
        if (!output.mask.defined() || output.mask.dim() != 3 ||
            output.picture.sizes() != input.sizes() || output.mask.size(1) != input.size(1) ||
            output.mask.size(2) != input.size(2)) {
            continue; // another size: there is no "outside"
        }
        const at::Tensor outside = output.mask.narrow(0, 0, 1).eq(0).expand_as(input);
        const at::Tensor change =
            at::where(outside, (output.picture - input).abs(), 0.0).nan_to_num(0.0);
        if (change.max().item<double>() != 0) {
            fail("frame {}: outside its mask {} samples change, by up to {:.3g}", i,
                 change.gt(0).sum().item<std::int64_t>(), change.max().item<double>());
        }
    }
}

void mask_shape(Subject& s) {
    const Seen seen = with_masks(s);
    for (std::size_t i = 0; i < seen.outputs.size(); ++i) {
        const at::Tensor& mask = seen.outputs[i].mask;
        if (!mask.defined()) {
            continue;
        }
        const at::IntArrayRef sizes = mask.sizes();
        if (sizes.size() != 3 || sizes[0] != 1 || sizes[1] != seen.config.height ||
            sizes[2] != seen.config.width || mask.scalar_type() != at::kFloat) {
            fail("frame {}: the mask is {}{}", i, fmt::join(sizes, " x "),
                 mask.scalar_type() == at::kFloat ? "" : ", not float32");
        }
        const auto least = mask.nan_to_num(0.0).min().item<double>();
        const auto most = mask.nan_to_num(0.0).max().item<double>();
        if (least < 0 || most > 1) {
            fail("frame {}: the mask goes from {:.3g} to {:.3g}", i, least, most);
        }
    }
}

void unchanged(Subject& s) {
    const Seen seen = restored(s);
    const Shape shape = small_shape(s);
    for (std::size_t i = 0; i < seen.outputs.size(); ++i) {
        const Output& output = seen.outputs[i];
        if (!output.unchanged) {
            continue;
        }
        if (seen.config.channels != shape.channels || seen.config.height != shape.height ||
            seen.config.width != shape.width) {
            fail("frame {} is said to be unchanged, and configure answered another format", i);
        }
        if (output.has_picture && !same_bits(output.picture, seen.film.pictures[i])) {
            fail("frame {} is said to be unchanged, and comes with another picture", i);
        }
    }
}

} // namespace

std::vector<Check> claim_checks() {
    return {
        {"claims.mask", "outside the mask the writer puts the film's own samples back",
         "leave every sample alone where your mask is 0", "picture.process", mask},
        {"claims.mask-shape", "later stages and the writer read the mask",
         "give 1 x H x W float32 in [0, 1], of the output's size", "picture.process", mask_shape},
        {"claims.unchanged", "an unchanged frame is the input's, bit for bit",
         "say `unchanged` only of frames that you did not touch, in the input's format",
         "picture.process", unchanged},
    };
}

} // namespace oldfilm::check
