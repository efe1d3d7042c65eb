#pragma once
/// \file
/// Samples of VapourSynth's frames to pictures and back, as `Reader` and `Writer` convert those of
/// files.

#include <oldfilm/color.hpp>

#include <ATen/core/Tensor.h>
#include <VapourSynth4.h>

#include <string>

namespace vsplugin {

/// How samples code values: sample = value * scale + offset.
struct Coding {
    double scale = 1, offset = 0;
};

/// Why a clip of this format cannot be restored, and what to do; empty if it can be.
std::string refusal_of(const VSVideoInfo& clip, const VSAPI& api);

/// By the frame's properties `_Range` or, from VapourSynth before 74, `_ColorRange`. Without them
/// gray is limited range and RGB is full range, as VapourSynth has it. Float samples are values.
Coding coding_of(const VSVideoFormat& format, const VSMap* properties, const VSAPI& api);
/// Full range.
Coding full_range(const VSVideoFormat& format);

/// H.273's codes in the properties of a frame.
oldfilm::ColorTags color_of(const VSVideoFormat& format, const VSMap* properties, const VSAPI& api);

/// C x H x W float32 on the CPU, of a gray or RGB frame.
at::Tensor to_picture(const VSFrame* frame, const Coding& coding, const VSAPI& api);
/// Writes a picture (C x H x W float32, on the CPU) into a frame with C planes of this size.
void write_picture(const at::Tensor& picture, const Coding& coding, VSFrame* frame,
                   const VSAPI& api);

} // namespace vsplugin
