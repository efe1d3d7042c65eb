#pragma once
/// \file
/// A rectangle as a JSON object.

#include <oldfilm/media.hpp>

#include <nlohmann/json.hpp>

namespace oldfilm {

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(FrameArea, left, top, width, height)

} // namespace oldfilm
