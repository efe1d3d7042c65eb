#pragma once
/// \file
/// Reading a part of each frame.

#include "media/ffmpeg.hpp"

#include <oldfilm/media.hpp>

#include <optional>
#include <string>

namespace oldfilm::media {

/// The filter, with a comma after it, by which frames as `first` are reduced to `area` once they
/// are turned by `rotation` degrees. `path` is for messages. Throws `Error` (invalid_argument) for
/// an area outside of the frame, or with sides within samples of chroma.
std::string crop_filter(const std::string& path, const std::optional<FrameArea>& crop,
                        const AVFrame& first, int rotation);

} // namespace oldfilm::media
