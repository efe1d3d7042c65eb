#pragma once
/// \file
/// Drives a pipeline over a few pictures.

#include "plain_stage.hpp"

#include <oldfilm/pipeline.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace oldfilm::testing {

/// Frame `number` of a film of 16 frames a second.
inline Frame numbered(at::Tensor picture, std::int64_t number) {
    FrameInfo info;
    info.pts = number;
    info.duration = 1;
    info.time_base = Rational(1, 16);
    return {std::move(picture), info};
}

/// What comes out where `pipeline` pulls a film of `frames`, on the CPU.
inline std::vector<Frame> pulled(const Pipeline& pipeline, PipelineOptions options,
                                 const std::vector<Frame>& frames) {
    options.device = "cpu";
    std::size_t next = 0;
    const auto source = [&]() -> std::optional<Frame> {
        return next == frames.size() ? std::nullopt : std::optional(frames[next++]);
    };
    Run run = pipeline.with_options(std::move(options)).start(format_of(frames.front()), source);
    std::vector<Frame> out;
    while (auto frame = run.next()) {
        out.push_back(std::move(*frame));
    }
    return out;
}

/// The same of a film of pictures.
inline std::vector<Frame> pulled(const Pipeline& pipeline, PipelineOptions options,
                                 const std::vector<at::Tensor>& pictures) {
    std::vector<Frame> frames;
    for (const at::Tensor& picture : pictures) {
        frames.push_back(numbered(picture, static_cast<std::int64_t>(frames.size())));
    }
    return pulled(pipeline, std::move(options), frames);
}

} // namespace oldfilm::testing
