#include "pipeline/memory_plan.hpp"

#include "device/device.hpp"
#include "pipeline/frames_ratio.hpp"
#include "pipeline/node.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace oldfilm {
namespace {

constexpr std::int64_t program = 320 << 20; // LibTorch, weights, and what runs beside
/// Below, tiles are so small that they are little but overlap.
constexpr std::int64_t least_for_models = 96 << 20;

std::int64_t pixels(const StreamFormat& f) {
    return f.height * f.width;
}

std::int64_t picture_bytes(const StreamFormat& f) {
    return f.channels * pixels(f) * static_cast<std::int64_t>(sizeof(float));
}

/// A picture and its mask.
std::int64_t frame_bytes(const StreamFormat& f) {
    return picture_bytes(f) + pixels(f) * static_cast<std::int64_t>(sizeof(float));
}

/// Of so many frames, those that there are in a film of which `input` is known.
std::int64_t at_most(std::size_t frames, const StreamFormat& input, const StreamFormat& here) {
    const auto count = static_cast<std::int64_t>(frames);
    if (input.frames < 0) {
        return count;
    }
    return std::min(count, (Rational(input.frames) * frames_ratio(input, here)).ceil() + 1);
}

/// What a stage makes on its way, which it tells, or is taken for one with a network: its window
/// joined (longer ones are looked at frame by frame), the picture padded, and some of its size in
/// addition to the result's.
std::int64_t work_of(const stage::Config& config, const StreamFormat& in) {
    if (config.memory > 0) {
        return config.memory + picture_bytes(config.output);
    }
    const int window = config.before + config.after + config.batch;
    return (std::min(window, 5) + 3) * picture_bytes(in) + 2 * frame_bytes(config.output);
}

/// What edges can hold, and what the stage that needs most makes on its way: they work one at a
/// time.
std::int64_t held_by_stages(const StreamFormat& input, const std::vector<stage::Config>& stages) {
    // The shots' look-ahead and a frame that is being read. Masks come with the first stage.
    std::int64_t edges = at_most(ShotDetector::look_ahead + 2, input, input) * picture_bytes(input);
    std::int64_t work = 0;
    std::int64_t flows = 0;
    const StreamFormat* current = &input;
    const stage::Config* producer = nullptr;
    for (const stage::Config& config : stages) {
        edges += at_most(FrameNode::between(producer, &config), input, *current) *
                 (producer == nullptr ? picture_bytes(*current) : frame_bytes(*current));
        work = std::max(work, work_of(config, *current));
        const bool may_ask_flow = config.memory == 0 && (config.before + config.after > 0 ||
                                                         config.batch > 1 || config.changes_rate);
        if (may_ask_flow) {
            flows = std::max(flows, stage::FlowService::most_bytes(pixels(*current)));
        }
        producer = &config;
        current = &config.output;
    }
    // The last edge, and a frame in the hand of who takes it.
    edges +=
        at_most(FrameNode::between(producer, nullptr) + 1, input, *current) * frame_bytes(*current);
    return edges + work + flows;
}

} // namespace

std::int64_t memory_for_models(const PipelineOptions& options, const pipeline::PlanSpec& spec,
                               const StreamFormat& input,
                               const std::vector<stage::Config>& stages) {
    if (options.memory <= 0) {
        return 0;
    }
    const StreamFormat& output = stages.empty() ? input : stages.back().output;
    const std::int64_t frames = held_by_stages(input, stages);
    const std::int64_t reserved = spec.reserved_bytes ? spec.reserved_bytes(output) : 0;
    const std::int64_t workers = std::max(spec.concurrency, 1);
    const std::int64_t left = (options.memory - program) / workers - frames - reserved;
    if (left < least_for_models) {
        throw Error(
            Errc::out_of_memory,
            fmt::format("the memory budget is {} MiB, and {} MiB are needed: {} for "
                        "LibTorch and its models, {} for frames in flight, {} for "
                        "decoding and encoding; raise it, or use fewer stages or a "
                        "smaller scale",
                        options.memory >> 20,
                        ((program + workers * (least_for_models + frames + reserved)) >> 20) + 1,
                        (program + workers * least_for_models) >> 20, workers * frames >> 20,
                        workers * reserved >> 20));
    }
    return left;
}

void keep_within(std::int64_t budget, std::int64_t models) {
    if (budget > 0 && resident_memory() > budget - models) {
        give_memory_back();
    }
}

} // namespace oldfilm
