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

/// What comes out where `pipeline` pulls a film of `pictures`, on the CPU.
inline std::vector<Frame> pulled(const Pipeline& pipeline, PipelineOptions options,
                                 const std::vector<at::Tensor>& pictures) {
    options.device = "cpu";
    std::size_t next = 0;
    const auto source = [&]() -> std::optional<Frame> {
        if (next == pictures.size()) {
            return std::nullopt;
        }
        Frame frame = numbered(pictures[next], static_cast<std::int64_t>(next));
        ++next;
        return frame;
    };
    Run run = pipeline.with_options(std::move(options))
                  .start(format_of(numbered(pictures.front(), 0)), source);
    std::vector<Frame> out;
    while (auto frame = run.next()) {
        out.push_back(std::move(*frame));
    }
    return out;
}

} // namespace oldfilm::testing
