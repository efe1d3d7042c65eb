// An artist's hints, and what a journal says of where they went.
#include "../../plugins/colorize/hints.hpp"

#include "fuzz.hpp"

#include <unistd.h>

#include <fstream>

void oldfilm::fuzz::parse(const std::string& text) {
    static const std::string path = "/tmp/oldfilm-fuzz-" + std::to_string(getpid()) + ".hints";
    try {
        if (!text.empty() && text.front() == '[') {
            std::ofstream(path, std::ios::binary) << text;
            static_cast<void>(stages::read_hints(path, 640, 480));
        } else {
            const auto hints = stages::ShotHints::parse(text);
            static_cast<void>(hints.at(0));
            static_cast<void>(hints.at(1'000'000));
        }
    } catch (const sdk::Failure&) { // refused, with a sentence
    }
}
