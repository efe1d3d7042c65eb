#pragma once
/// \file
/// What speaks for damage, and against it.

#include <oldfilm/stage_torch.hpp>

#include <ATen/core/Tensor.h>

#include <vector>

namespace scratch {

/// What a network sees. If the neighbors were brought into line, 1 x H x W each: how far the
/// picture moves sideways from frame to frame, in pixels, and whether motion leads to places
/// inside the picture.
struct Seen {
    at::Tensor window, drift, inside;
    /// T x 1 x H x W bool, whether the frames show the place undamaged as far as that is known;
    /// undefined: all of them do.
    at::Tensor valid;
    bool has_both_sides = true;
    bool has_evidence = true; ///< two neighbors on each side, brought into line, to judge by
};
/// Where a network says that the center of what it saw is damaged, 1 x H x W, and where that is
/// attested.
struct Found {
    at::Tensor suspected, attested;
};

/// How readily damage is found and repaired.
struct Caution {
    double threshold = 0; ///< of the network's probability
    double harm = 1;      ///< how many times as much as gain it counts
};
/// At a sensitivity of 0 to 1, for a network that draws its own line at `line`.
Caution caution_at(double sensitivity, double line);

/// What a network found in the window that it saw. `mask` is its probability of damage, N x 1 x H x
/// W; `picture` what it made of the frame, N x C x H x W, undefined if nothing. What stands in the
/// neighbors too and is no running scratch is not suspected.
Found found_in(const at::Tensor& mask, const at::Tensor& picture, const Seen& seen,
               const Caution& caution);

/// Whether `found` (1 x H x W) reaches far to all sides of some place; a bool on the device.
at::Tensor is_wide(const at::Tensor& found);

/// The slope of a line through the x of `flow` (N x 2 x H x W) over the frames' distances `steps`.
at::Tensor drift(const at::Tensor& flow, const std::vector<double>& steps);

/// Whether `flow` (N x 2 x H x W) leads to places inside the picture, in one frame before the
/// center and one behind, or in all where they are on one side: 1 x H x W.
at::Tensor leads_inside(const at::Tensor& flow, const std::vector<double>& steps);

} // namespace scratch
