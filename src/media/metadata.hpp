#pragma once
/// \file
/// What containers say about a film in words.

#include "media/ffmpeg.hpp"

#include <oldfilm/media.hpp>

#include <string>

namespace oldfilm::media {

/// The value of `key` (in any case) in the container's metadata; empty if there is none.
[[nodiscard]] std::string metadata_of(const Reader& reader, const std::string& key);

/// Names the language in a stream's `metadata` as `format` does: QuickTime has a list of its own,
/// with some under their other name.
void name_language(AVDictionary*& metadata, const AVOutputFormat& format);

} // namespace oldfilm::media
