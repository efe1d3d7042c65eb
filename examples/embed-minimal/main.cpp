/// The smallest program around oldfilm: one film in, one restored film out.
///   embed-minimal film.mkv restored.mkv

#include <oldfilm/error.hpp>
#include <oldfilm/restore.hpp>

#include <cstdio>

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: embed-minimal IN OUT\n");
        return 2;
    }
    try {
        oldfilm::Pipeline pipeline;
        pipeline.add("deflicker").add("superres:scale=2");
        const oldfilm::RestoreResult result = oldfilm::restore(argv[1], argv[2], pipeline);
        std::printf("%lld frames restored\n", static_cast<long long>(result.frames_out));
        return 0;
    } catch (const oldfilm::Error& error) {
        std::fprintf(stderr, "embed-minimal: %s\n", error.what());
        return 1;
    }
}
