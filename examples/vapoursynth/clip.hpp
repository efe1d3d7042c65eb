#pragma once
/// \file
/// What a clip is to the library.

#include "handles.hpp"

#include <oldfilm/pipeline.hpp>

#include <VapourSynth4.h>

namespace vsplugin {

/// Frames per second; 0 if the clip has no rate.
oldfilm::Rational rate_of(const VSVideoInfo& clip);
/// Of a gray or RGB clip.
oldfilm::StreamFormat format_of(const VSVideoInfo& clip);
/// A YUV clip as 32-bit float RGB, by VapourSynth's resizer. Frames say in their properties how
/// their colors are coded. Throws `Error` (unsupported) with what the resizer reports.
NodePtr converted_to_rgb(VSNode* clip, VSCore* core, const VSAPI& api);

} // namespace vsplugin
