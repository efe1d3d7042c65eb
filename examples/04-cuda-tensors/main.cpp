/// Lesson 4: CUDA tensors in and out, on a stream of the program's own. It builds without a CUDA
/// toolkit, since LibTorch's device-neutral streams are enough; without a GPU it says so and ends.
///   cuda-tensors

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>

#include <ATen/TensorOperators.h>
#include <ATen/ops/rand.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <iostream>
#include <optional>

namespace {

constexpr int film_length = 8;

oldfilm::StreamFormat format() {
    oldfilm::StreamFormat format;
    format.channels = 3;
    format.height = 96;
    format.width = 128;
    format.rate = 16;
    return format;
}

/// Starting loads LibTorch's CUDA half, if the machine has a GPU and LibTorch has that half.
std::optional<oldfilm::Run> start_on_gpu() {
    oldfilm::PipelineOptions options;
    options.device = "cuda"; // "auto" would fall back to the CPU silently
    oldfilm::Pipeline pipeline(options);
    pipeline.add("superres:scale=2");
    try {
        return pipeline.start(format());
    } catch (const oldfilm::Error& error) {
        if (error.code() != oldfilm::Errc::unsupported) {
            throw;
        }
        std::cout << "no GPU here, nothing to show: " << error.what() << '\n';
        return std::nullopt;
    }
}

/// A frame that is made on the GPU; here of noise, in your program by a decoder.
oldfilm::Frame made_on_gpu(int number) {
    oldfilm::FrameInfo info;
    info.pts = number;
    info.duration = 1;
    info.time_base = oldfilm::Rational(1, 16);
    return oldfilm::Frame(at::rand({3, 96, 128}, at::TensorOptions().device(at::kCUDA)), info);
}

void restore(oldfilm::Run& run) {
    // Everything below is queued on a stream of our own. `push` makes the pipeline wait (on the
    // GPU, not here) for what this stream still has to do, `next` makes this stream wait for the
    // pipeline.
    const c10::impl::VirtualGuardImpl cuda(c10::kCUDA);
    const c10::StreamGuard own(cuda.getNewStream(cuda.getDevice()));

    double sum = 0;
    int frames = 0;
    const auto take = [&](const oldfilm::Frame& frame) {
        sum += frame.picture().mean().item<double>(); // still on the GPU; only the mean comes here
        ++frames;
    };
    oldfilm::Frame restored;
    for (int i = 0; i < film_length; ++i) {
        const oldfilm::Frame frame = made_on_gpu(i);
        while (!run.push(frame)) {
            if (run.next(restored) == oldfilm::Run::State::frame) {
                take(restored);
            }
        }
    }
    run.finish();
    while (run.next(restored) == oldfilm::Run::State::frame) {
        take(restored);
    }
    const oldfilm::RunStats stats = run.stats();
    std::cout << frames << " frames restored on the GPU, mean " << sum / frames << ", "
              << stats.uploads << " uploads, " << stats.downloads << " downloads\n";
}

} // namespace

int main() {
    try {
        if (std::optional<oldfilm::Run> run = start_on_gpu()) {
            restore(*run);
        }
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "cuda-tensors: " << error.what() << '\n';
        return 1;
    }
}
