#pragma once
/// \file
/// Coded samples that no stage touched are written as they were.

#include "media/convert.hpp"

#include <oldfilm/frame.hpp>

#include <vector>

namespace oldfilm::media {

/// The decoded samples of `frame`, when they are known and have this layout and size; else null.
const AVFrame* coded_samples(const Frame& frame, const Layout& layout);

/// Replaces samples in `planes` by those of `coded` wherever nothing in their support changed: the
/// pixel itself for luma, all pixels that a chroma sample colours for chroma.
void put_back(std::vector<at::Tensor>& planes, const Frame& frame, const AVFrame& coded,
              const Layout& layout);

} // namespace oldfilm::media
