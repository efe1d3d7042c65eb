#pragma once
/// \file
/// A film of three shots, and its restoration, which may end in the middle.

#include "job/restore.hpp"
#include "pipeline/run_spec.hpp"
#include "run_program.hpp"

#include <oldfilm/frame.hpp>
#include <oldfilm/pipeline.hpp>
#include <oldfilm/restore.hpp>

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>
#include <utility>

namespace oldfilm::test {

/// Writes in.mkv into `folder`: 48 x 32 pixels, shots of 32, 32 and 64 frames.
inline void make_three_shots(const std::filesystem::path& folder) {
    ffmpeg("-f lavfi -i testsrc2=size=48x32:rate=16:duration=2 -f lavfi -i "
           "mandelbrot=size=48x32:rate=16 -f lavfi -i smptebars=size=48x32:rate=16 "
           "-filter_complex '[1:v]trim=duration=2[b];[2:v]trim=duration=4[c];"
           "[0:v][b][c]concat=n=3[v]' -map '[v]' -c:v ffv1 in.mkv",
           folder);
}

/// Requests a stop at a frame; -1: never.
struct Stopper : pipeline::FrameObserver {
    explicit Stopper(std::int64_t at) : at_(at) {}
    void see(const Frame& frame) override {
        if (frame.info().index == at_) {
            stop.request_stop();
        }
    }
    std::stop_source stop;

  private:
    std::int64_t at_;
};

/// Restores a film to FFV1 with one stage, until `stop_at`.
inline RestoreResult restored(const std::filesystem::path& input,
                              const std::filesystem::path& output, const StageSpec& stage,
                              RestoreOptions options, const std::string& device,
                              std::int64_t stop_at) {
    Stopper stopper(stop_at);
    PipelineOptions how;
    how.device = device;
    options.codec = "ffv1";
    options.stop = stopper.stop.get_token();
    options.overwrite = true;
    return job::restore(input, output, Pipeline(how).add(stage), options, &stopper);
}

} // namespace oldfilm::test
