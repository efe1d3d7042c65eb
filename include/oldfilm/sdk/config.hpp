#pragma once
/// \file
/// The format of the input, and the answer of a stage to `configure`.

#include <oldfilm/plugin.h>
#include <oldfilm/sdk/enums.hpp>

#include <cstdint>

namespace oldfilm::sdk {

/// The format of the input; see oldfilm_format.
using Format = oldfilm_format;

/// The answer of a stage to `configure`, initialized by the host: the output equals the input, no
/// window, a batch of 1. See oldfilm_config for limits.
struct Config {
    explicit Config(const oldfilm_config& c) noexcept
        : channels(c.channels), height(c.height), width(c.width), rate(c.rate), before(c.before),
          after(c.after), edges(static_cast<Edges>(c.edges)), batch(c.batch),
          warm_up(c.state == OLDFILM_WARM_UP ? c.warm_up : 0), analysis_frames(c.analysis_frames),
          memory(c.memory) {}
    /// Writes the answer into `c`, whose `size` stays.
    void store(oldfilm_config& c) const noexcept {
        c.channels = channels;
        c.height = height;
        c.width = width;
        c.rate = rate;
        c.before = before;
        c.after = after;
        c.edges = static_cast<std::int32_t>(edges);
        c.batch = batch;
        c.state = warm_up > 0 ? OLDFILM_WARM_UP : OLDFILM_STATELESS;
        c.warm_up = warm_up;
        c.analysis_frames = analysis_frames;
        c.memory = memory;
    }

    std::int32_t channels; ///< of the output, 1 or 3
    std::int64_t height;   ///< of the output, in pixels
    std::int64_t width;    ///< of the output, in pixels
    /// Frames per second of the output. If it is not that of the input, the stage is a rate
    /// changer, for which only channels, height, width, rate and memory are used.
    oldfilm_rational rate;
    std::int32_t before; ///< frames before the center in a window
    std::int32_t after;  ///< frames after the center
    Edges edges;
    std::int32_t batch; ///< largest number of requests per `process_batch`
    /// Frames before the window, in the same shot, on which an output depends as well; 0 if it
    /// depends on its window alone.
    std::int32_t warm_up;
    std::int32_t analysis_frames; ///< for stages that are an `Analysis`; 0 for none
    /// Bytes of working memory of `process`, without models and optical flow; 0 if unknown.
    std::int64_t memory;
};

} // namespace oldfilm::sdk
