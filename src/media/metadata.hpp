#pragma once
/// \file
/// What containers say about a film in words.

#include <oldfilm/media.hpp>

#include <string>

namespace oldfilm::media {

/// The value of `key` (in any case) in the container's metadata; empty if there is none.
[[nodiscard]] std::string metadata_of(const Reader& reader, const std::string& key);

} // namespace oldfilm::media
