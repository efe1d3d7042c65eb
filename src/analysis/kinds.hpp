#pragma once
/// \file
/// What kind of picture a frame shows.

#include "analysis/plane.hpp"

#include <oldfilm/analysis.hpp>

namespace oldfilm::analysis {

PictureKind kind_of(const Plane& luma);

} // namespace oldfilm::analysis
