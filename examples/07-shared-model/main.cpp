/// Lesson 7: two pipelines at once that share one model. Copies of a pipeline, and all runs of one,
/// open each model package once: its weights are in memory once, and the second start is quick.
///   shared-model IN

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/pipeline.hpp>

#include <chrono>
#include <future>
#include <iostream>

namespace {

/// One film through one pipeline. Each run has a thread of its own for its stages, so that two runs
/// work side by side; a model is used by one of them at a time.
std::int64_t restore(oldfilm::Run run) {
    std::int64_t frames = 0;
    while (run.next()) {
        ++frames;
    }
    return frames;
}

oldfilm::Run start(const oldfilm::Pipeline& pipeline, oldfilm::Reader& reader) {
    const auto began = std::chrono::steady_clock::now();
    oldfilm::Run run = pipeline.start(reader.format(), [&reader] { return reader.next(); });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::cout << "started in " << took.count() << " s\n";
    return run;
}

int both(const char* input) {
    oldfilm::Pipeline one;
    one.add("denoise:sigma=8");
    oldfilm::Pipeline other = one; // shares its models; a pipeline made anew would open its own
    other.add("superres:scale=2");

    oldfilm::Reader first(input), second(input);
    // Declared after the readers, so that the runs end first.
    auto clean = std::async(std::launch::async, restore, start(one, first));
    auto large = std::async(std::launch::async, restore, start(other, second));
    const std::int64_t cleaned = clean.get(), enlarged = large.get();
    std::cout << cleaned << " frames cleaned, " << enlarged << " cleaned and enlarged\n";
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: shared-model IN\n";
        return 2;
    }
    try {
        return both(argv[1]);
    } catch (const oldfilm::Error& error) {
        std::cerr << "shared-model: " << error.what() << '\n';
        return 1;
    }
}
