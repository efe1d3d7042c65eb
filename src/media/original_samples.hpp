#pragma once
/// \file
/// A frame's samples for a writer: coded samples that no stage touched are written as they were.

#include "media/samples.hpp"

#include <oldfilm/frame.hpp>

namespace oldfilm::media {

/// The samples that `frame` was decoded from, when they are known and have this layout and size;
/// else null.
const CodedSamples* coded_samples(const Frame& frame, const Layout& layout);

/// Replaces samples in `planes`, which were made of `picture` on the same device, by the coded ones
/// wherever nothing in their support changed: the pixel itself for luma, all pixels that a chroma
/// sample colors for chroma.
void restore_original_samples(Planes& planes, const at::Tensor& picture, const CodedPicture& coded,
                              const Layout& layout);

/// The frame's samples on `device`, the coded ones where nothing changed. `same_coding`: coded
/// samples mean what ours mean.
Planes samples_of(const Frame& frame, const at::Device& device, const Layout& layout,
                  const ColorTags& tags, bool same_coding);

} // namespace oldfilm::media
