#include "stage/answer.hpp"

#include "stage/library.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace oldfilm::stage {

oldfilm_config answer_like(const oldfilm_format& input) {
    oldfilm_config answer{};
    answer.size = sizeof(answer);
    answer.channels = input.channels;
    answer.height = input.height;
    answer.width = input.width;
    answer.rate = input.rate;
    answer.batch = 1;
    return answer;
}

std::string why_refused(const oldfilm_config& c, const oldfilm_plugin_description& plugin) {
    // Far beyond what any stage needs, and far from where sums of them would not fit.
    constexpr std::int64_t most_side = 1 << 20;
    constexpr std::int32_t most_around = 999;
    constexpr std::int32_t most_batch = 1000;
    constexpr std::int32_t most_frames = 100'000;
    if ((c.channels != 1 && c.channels != 3) || c.height <= 0 || c.width <= 0 ||
        c.height > most_side || c.width > most_side) {
        return fmt::format("pictures must have 1 or 3 channels and sides of 1 to {}, found {} x {} "
                           "x {}",
                           most_side, c.channels, c.height, c.width);
    }
    if (c.rate.den <= 0 || c.rate.num < 0) {
        return fmt::format("the rate must be a fraction of positive numbers, found {}/{}",
                           c.rate.num, c.rate.den);
    }
    if (c.edges != OLDFILM_REPEAT && c.edges != OLDFILM_INSIDE) {
        return fmt::format("edges must be 0 or 1, found {}", c.edges);
    }
    if (c.state != OLDFILM_STATELESS && c.state != OLDFILM_WARM_UP) {
        return fmt::format("state must be 0 or 1, found {}", c.state);
    }
    struct Count {
        const char* name;
        std::int32_t found, least, most;
    };
    for (const Count& one :
         {Count{"before", c.before, 0, most_around}, Count{"after", c.after, 0, most_around},
          Count{"batch", c.batch, 1, most_batch}, Count{"warm_up", c.warm_up, 0, most_frames},
          Count{"analysis_frames", c.analysis_frames, 0, most_frames}}) {
        if (one.found < one.least || one.found > one.most) {
            return fmt::format("{} must be {} to {}, found {}", one.name, one.least, one.most,
                               one.found);
        }
    }
    if (c.analysis_frames > 0 &&
        extension_of<oldfilm_stage_analysis>(plugin, OLDFILM_EXT_ANALYSIS) == nullptr) {
        return fmt::format("analysis_frames must be 0 without the extension " OLDFILM_EXT_ANALYSIS
                           ", found {}",
                           c.analysis_frames);
    }
    return c.memory < 0 ? fmt::format("memory must be 0 or more bytes, found {}", c.memory) : "";
}

} // namespace oldfilm::stage
