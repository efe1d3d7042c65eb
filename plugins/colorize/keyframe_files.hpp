#pragma once
/// \file
/// A person's keyframes: pictures in a folder, named by the frame or the time that they color.

#include <oldfilm/sdk/frame_view.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace oldfilm::stages {

/// What the name of a keyframe says.
struct KeyframeName {
    std::int64_t frame = -1; ///< number of the frame, from 0; -1 if it is named by time
    double time = -1;        ///< in seconds; -1 if it is named by number

    /// Whether the frame is the named one: that with the number, or that which is shown at the
    /// time.
    [[nodiscard]] bool is(const sdk::FrameView& view) const;
};

/// Of "000120.png" (or "frame-120.png": the last digits of the name), "00-00-05.000.png" or
/// "00-00-05.png" (hours, minutes, seconds). Throws `sdk::Failure` for a name that says neither.
KeyframeName parse_keyframe_name(const std::string& file);

/// A keyframe, reduced to the size at which colors are carried. All 1 x C x H x W.
struct Keyframe {
    std::string file;
    KeyframeName name;
    at::Tensor luma;  ///< C = 1, L / 100
    at::Tensor ab;    ///< C = 2; zero where nothing is known
    at::Tensor known; ///< C = 1, in [0, 1]: opacity
    bool opaque = true;
    [[nodiscard]] bool is_reference() const { return name.frame < 0 && name.time < 0; }
};

/// Reads all PNG, TIFF, JPEG and WebP files of a folder, in the order of their names. `width` and
/// `height` are the film's, whose aspect they must have; `small_height` and `small_width` what they
/// are reduced to. Throws `sdk::Failure` for a folder without pictures, a picture that cannot be
/// read or has another aspect, a name that says nothing, and two pictures for one frame.
std::vector<Keyframe> read_keyframes(const std::string& folder, std::int64_t height,
                                     std::int64_t width, std::int64_t small_height,
                                     std::int64_t small_width);

} // namespace oldfilm::stages
