/// Lesson 6: a pipeline from JSON, and a parameter that changes while the film runs. Which may is
/// said by `oldfilm plugins denoise` ("may change while running").
///   json-live PIPELINE.json IN

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/pipeline.hpp>

#include <ATen/TensorOperators.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <mutex>

namespace {

std::string text_of(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// What went in, to see what the stages did to it. The source runs on another thread.
class Kept {
  public:
    void keep(const oldfilm::Frame& frame) {
        const std::lock_guard lock(mutex_);
        frames_.insert_or_assign(frame.info().index, frame);
    }
    oldfilm::Frame take(std::int64_t index) {
        const std::lock_guard lock(mutex_);
        return frames_.extract(index).mapped();
    }

  private:
    std::mutex mutex_;
    std::map<std::int64_t, oldfilm::Frame> frames_;
};

int restore(const char* document, const char* input) {
    oldfilm::PipelineOptions options;
    // Files that the document names lie next to it.
    options.base_folder = std::filesystem::path(document).parent_path().string();
    const oldfilm::Pipeline pipeline = oldfilm::Pipeline::from_json(text_of(document), options);

    oldfilm::Reader reader(input);
    Kept kept;
    oldfilm::Run run = pipeline.start(reader.format(), [&] {
        std::optional<oldfilm::Frame> frame = reader.next();
        if (frame) {
            kept.keep(*frame);
        }
        return frame;
    });

    // Stage 1 of the chain (counted from 0) takes no grain away from a quarter of a second on. The
    // time is the film's, so that the same frames change however fast the machine is.
    const oldfilm::Rational from(1, 4);
    run.change(1, {{"strength", 0.0}}, from);
    try {
        run.change(0, {{"radius", std::int64_t{2}}}); // its window was agreed when the run began
    } catch (const oldfilm::Error& error) {
        std::cout << "refused: " << error.what() << '\n';
    }

    while (const std::optional<oldfilm::Frame> frame = run.next()) {
        const oldfilm::Frame before = kept.take(frame->info().index);
        const at::Tensor change = (frame->picture() - before.picture()).abs().mean();
        std::cout << frame->info().time().to_string() << " s: changed by "
                  << change.item<double>() * 255 << " of 255\n";
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: json-live PIPELINE.json IN\n";
        return 2;
    }
    try {
        return restore(argv[1], argv[2]);
    } catch (const oldfilm::Error& error) {
        std::cerr << "json-live: " << error.what() << '\n'; // names the place in the document
        return 1;
    }
}
