#pragma once
/// \file
/// Damage that a person or another program knows of.

#include <oldfilm/sdk/frame_view.hpp>
#include <oldfilm/sdk/host.hpp>

#include <ATen/core/Tensor.h>

namespace scratch {

/// What is known of a frame, 1 x H x W bool; undefined if nothing is.
struct Known {
    at::Tensor damaged, clean;
};

Known known_damage(const oldfilm::sdk::Host& host, const oldfilm::sdk::FrameView& frame);

/// `found` (1 x H x W bool) without what is known to be clean.
at::Tensor without_clean(const at::Tensor& found, const Known& known);

} // namespace scratch
