#include "pipeline/memory_plan.hpp"

#include "device/device.hpp"
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

/// A picture and its mask.
std::int64_t frame_bytes(const StreamFormat& f) {
    return (f.channels + 1) * pixels(f) * static_cast<std::int64_t>(sizeof(float));
}

/// What edges can hold, and what the stage that needs most makes on its way: they work one at a
/// time.
std::int64_t held_by_stages(const StreamFormat& input,
                            const std::vector<std::unique_ptr<stage::Stage>>& stages) {
    std::int64_t edges = 0;
    std::int64_t work = 0;
    std::int64_t flows = 0;
    const StreamFormat* current = &input;
    for (const auto& one : stages) {
        const stage::Config& config = one->config();
        edges += static_cast<std::int64_t>(FrameNode::capacity(config) + 2) * frame_bytes(*current);
        const int window = config.before + config.after + config.batch;
        // A network's window joined (longer ones are looked at frame by frame), the picture padded,
        // and some of its size beside the result's.
        work = std::max(work, (std::min(window, 5) + 3) * frame_bytes(*current) +
                                  2 * frame_bytes(config.output));
        if (window > 1 || config.changes_rate) {
            flows = std::max(flows, stage::FlowService::most_bytes(pixels(*current)));
        }
        current = &config.output;
    }
    return edges + 3 * frame_bytes(*current) + work + flows;
}

} // namespace

std::int64_t memory_for_models(const PipelineOptions& options, const StreamFormat& input,
                               const std::vector<std::unique_ptr<stage::Stage>>& stages) {
    if (options.memory <= 0) {
        return 0;
    }
    const StreamFormat& output = stages.empty() ? input : stages.back()->config().output;
    const std::int64_t frames = held_by_stages(input, stages);
    const std::int64_t beside = options.beside ? options.beside(output) : 0;
    const std::int64_t lanes = std::max(options.lanes, 1);
    const std::int64_t left = (options.memory - program) / lanes - frames - beside;
    if (left < least_for_models) {
        throw Error(
            Errc::out_of_memory,
            fmt::format("the memory budget is {} MiB, and {} MiB are needed: {} for "
                        "LibTorch and its models, {} for frames in flight, {} for "
                        "decoding and encoding; raise it, or use fewer stages or a "
                        "smaller scale",
                        options.memory >> 20,
                        ((program + lanes * (least_for_models + frames + beside)) >> 20) + 1,
                        (program + lanes * least_for_models) >> 20, lanes * frames >> 20,
                        lanes * beside >> 20));
    }
    return left;
}

void keep_within(std::int64_t budget, std::int64_t models) {
    if (budget > 0 && resident_memory() > budget - models) {
        give_memory_back();
    }
}

} // namespace oldfilm
