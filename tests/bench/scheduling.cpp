// Sends FRAMES small frames through five stages that do nothing: what is left is the host's own
// work. Under callgrind (--instr-atstart=no), counts that of the frames after the first SKIPPED.
#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/stage_torch.hpp>

#include <ATen/ops/full.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string>

#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

namespace {

namespace sdk = oldfilm::sdk;

/// Gives the frame's own picture, as one that a model had made.
class Nothing final : public sdk::Stage {
  public:
    using Stage::Stage;

    void configure(const sdk::Format& /*input*/, const sdk::Values& values,
                   sdk::Config& config) override {
        config.before = config.after = static_cast<std::int32_t>(values.integer("radius"));
    }
    void process(const sdk::Request& request) override {
        request.set_output(sdk::share(sdk::picture(request.center())));
    }
};

oldfilm::Frame frame(std::int64_t number) {
    oldfilm::FrameInfo info;
    info.pts = number;
    info.duration = 1;
    info.time_base = oldfilm::Rational(1, 24);
    return {at::full({3, 32, 32}, 0.5 + 0.001 * static_cast<double>(number % 100)), info};
}

} // namespace

int main(int count, char** arguments) {
    if (count != 3) {
        fmt::print(stderr, "usage: {} FRAMES SKIPPED\n", arguments[0]);
        return 2;
    }
    try {
        const auto* description =
            sdk::describe<Nothing>({"org.oldfilm.test.nothing",
                                    "nothing",
                                    "1.0.0",
                                    "Does nothing",
                                    {sdk::integer("radius", 0, 0, 8, "frames on each side")}});
        oldfilm::PipelineOptions options;
        options.device = "cpu";
        oldfilm::Pipeline pipeline(options);
        for (const std::int64_t radius : {0, 2, 0, 1, 0}) {
            oldfilm::StageSpec stage{"nothing", {}, description};
            stage.parameters["radius"] = radius;
            pipeline.add(stage);
        }
        oldfilm::StreamFormat format;
        format.height = format.width = 32;
        format.rate = 24;
        const std::int64_t frames = std::atoll(arguments[1]);
        const std::int64_t skipped = std::atoll(arguments[2]);
        std::int64_t next = 0;
        const auto start = std::chrono::steady_clock::now();
        oldfilm::Run run = pipeline.start(format, [&]() -> std::optional<oldfilm::Frame> {
            return next < frames ? std::optional(frame(next++)) : std::nullopt;
        });
        std::int64_t out = 0;
        while (run.next()) {
            if (++out == skipped) {
                CALLGRIND_START_INSTRUMENTATION;
            }
        }
        CALLGRIND_STOP_INSTRUMENTATION;
        const double seconds =
            std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        fmt::print("{} frames, {:.1f} us a frame\n", out, 1e6 * seconds / static_cast<double>(out));
        return out == frames ? 0 : 1;
    } catch (const oldfilm::Error& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
