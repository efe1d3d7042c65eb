/// Lesson 1: file to file. One film in, one restored film out; decoding and encoding run on threads
/// of their own, sound and subtitles are copied, and OUT appears only when it is complete.
///   file-to-file IN OUT

#include <oldfilm/restore.hpp>

#include <iostream>

int main(int argc, char** argv) {
    if (argc != 3) {
        std::cerr << "usage: file-to-file IN OUT\n";
        return 2;
    }
    try {
        // A pipeline describes stages and loads nothing yet; `oldfilm plugins` lists what there is.
        oldfilm::Pipeline pipeline;
        pipeline.add("deflicker").add("superres:scale=2");

        const oldfilm::RestoreResult result = oldfilm::restore(argv[1], argv[2], pipeline);
        std::cout << result.frames_out << " frames restored in " << result.seconds << " s\n";
        return 0;
    } catch (const oldfilm::Error& error) {
        // One sentence: what was expected, what was found, what to do next. Lesson 9 has the kinds.
        std::cerr << "file-to-file: " << error.what() << '\n';
        return 1;
    }
}
