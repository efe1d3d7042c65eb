// An artist's hints, and what a journal says of where they went.
#include "../../plugins/colorize/hints.hpp"

#include "fuzz.hpp"

void oldfilm::fuzz::parse(const std::string& text) {
    try {
        if (!text.empty() && text.front() == '[') {
            static_cast<void>(stages::parse_hints(text, "a.json", 640, 480));
        } else {
            const auto hints = stages::ShotHints::parse(text);
            static_cast<void>(hints.at(0));
            static_cast<void>(hints.at(1'000'000));
        }
    } catch (const sdk::Failure&) { // refused, with a sentence
    }
}
