#pragma once
/// \file
/// Stages in the C functions alone, without LibTorch and without the SDK, for tests of the
/// boundary.

#include <oldfilm/pipeline.hpp>
#include <oldfilm/plugin.h>

#include <ATen/TensorOperators.h>
#include <ATen/ops/rand.h>

#include <optional>
#include <string>
#include <vector>

/// What all of these stages have; those that need more keep it in their test.
struct oldfilm_stage {
    const oldfilm_host* host;
    int number; ///< of the instance, counted since the process began
};

namespace oldfilm::testing {

template <class Service>
const Service* service(const oldfilm_stage* stage, const char* id) {
    return static_cast<const Service*>(stage->host->get_extension(stage->host, id));
}

/// Says that each output is its input.
inline std::int32_t leave(oldfilm_stage* /*stage*/, const oldfilm_request* const* requests,
                          std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
        requests[i]->result->unchanged = 1;
    }
    return OLDFILM_OK;
}

/// A stage that leaves its frames alone, until one of the functions is replaced.
inline oldfilm_plugin_description plain_stage(const char* name) {
    oldfilm_plugin_description d{};
    d.size = sizeof(d);
    d.abi_major = OLDFILM_ABI_MAJOR;
    d.abi_minor = OLDFILM_PLUGIN_MINOR;
    d.id = "org.oldfilm.test-plain";
    d.name = name;
    d.version = "1.0.0";
    d.summary = "for tests";
    d.runtime = "";
    d.threading = OLDFILM_PER_STAGE;
    d.create = [](const oldfilm_host* host, oldfilm_stage** stage) -> std::int32_t {
        static int count = 0;
        *stage = new oldfilm_stage{host, count++}; // NOLINT: as in C
        return OLDFILM_OK;
    };
    d.configure = [](oldfilm_stage*, const oldfilm_format*, const oldfilm_value*,
                     oldfilm_config*) -> std::int32_t { return OLDFILM_OK; };
    d.process = leave;
    d.destroy = [](oldfilm_stage* stage) { delete stage; }; // NOLINT
    return d;
}

inline StageSpec spec_of(const oldfilm_plugin_description& description) {
    StageSpec spec;
    spec.id = description.name;
    spec.description = &description;
    return spec;
}

inline StreamFormat format_of(const Frame& frame) {
    StreamFormat format;
    format.channels = static_cast<int>(frame.channels());
    format.height = frame.height();
    format.width = frame.width();
    format.rate = 16;
    return format;
}

/// Frames of noise, in one shot unless a cut is found.
inline std::vector<Frame> noise(int count, std::int64_t height = 16, std::int64_t width = 24) {
    std::vector<Frame> film;
    const at::Tensor still = at::rand({3, height, width});
    for (int i = 0; i < count; ++i) {
        FrameInfo info;
        info.pts = i;
        info.duration = 1;
        info.time_base = Rational(1, 16);
        film.emplace_back(still * (0.9 + 0.01 * i), info);
    }
    return film;
}

/// The film pulled through, as far as it comes.
inline std::vector<Frame> pulled(const Pipeline& pipeline, const std::vector<Frame>& film) {
    std::size_t next = 0;
    Run run = pipeline.start(format_of(film.front()), [&]() -> std::optional<Frame> {
        return next < film.size() ? std::optional(film[next++]) : std::nullopt;
    });
    std::vector<Frame> out;
    while (std::optional<Frame> one = run.next()) {
        out.push_back(std::move(*one));
    }
    return out;
}

inline PipelineOptions on_cpu() {
    PipelineOptions options;
    options.device = "cpu";
    return options;
}

inline Pipeline through(const oldfilm_plugin_description& description,
                        PipelineOptions options = on_cpu()) {
    Pipeline pipeline(std::move(options));
    pipeline.add(spec_of(description));
    return pipeline;
}

} // namespace oldfilm::testing
