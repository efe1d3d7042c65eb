#pragma once
/// \file
/// Whether a picture file is whole, as far as its first and last bytes tell.

#include <filesystem>
#include <string>

namespace oldfilm::media {

/// What is wrong with a DPX, PNG, TIFF, JPEG, JPEG 2000 or OpenEXR file, as the rest of a sentence
/// ("is empty"); empty where nothing is seen. Reads little of it, so that a folder of a hundred
/// thousand scans is gone through in seconds; pictures that are broken inside show when they are
/// decoded.
std::string picture_fault(const std::filesystem::path& file);

} // namespace oldfilm::media
