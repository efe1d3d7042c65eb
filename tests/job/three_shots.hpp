#pragma once
/// \file
/// A film of three shots, and what ends its restoration in the middle.

#include "pipeline/run_spec.hpp"
#include "run_program.hpp"

#include <oldfilm/frame.hpp>

#include <cstdint>
#include <filesystem>
#include <stop_token>

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

} // namespace oldfilm::test
