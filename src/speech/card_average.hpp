#pragma once
/// \file
/// One picture from the frames of a title card.

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <vector>

namespace oldfilm::speech {

/// The mean of a card's frames, each brought to the place of the clearest one. In each pixel, the
/// brightest and the darkest values, which are dust, do not count. `frames`: luma, 1 x H x W, 8
/// bits. Returns 1 x H x W float32 in [0, 1].
///
/// The stage title-card does the same for pictures that are looked at. It keeps a frame as it is
/// where it is not sure of its neighbors, as in faint cards with strong grain; here the frames are
/// known to show the same.
at::Tensor average_of(const std::vector<at::Tensor>& frames, std::size_t clearest);

} // namespace oldfilm::speech
