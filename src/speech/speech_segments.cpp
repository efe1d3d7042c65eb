#include "speech/speech_segments.hpp"

#include <algorithm>

namespace oldfilm::speech {
namespace {

constexpr float begins = 0.5F, ends = 0.35F;
// In steps of 32 ms.
constexpr std::int64_t least_silence = 13, least_speech = 8, around = 6;
constexpr std::int64_t longest = 437;

/// Without what is around.
std::vector<Utterance> speech_in(std::span<const float> probabilities) {
    std::vector<Utterance> found;
    bool speaks = false;
    Utterance now;
    for (std::int64_t i = 0; i < std::ssize(probabilities); ++i) {
        const float probability = probabilities[static_cast<std::size_t>(i)];
        if (!speaks && probability >= begins) {
            speaks = true;
            now.begin = i;
        }
        if (speaks && probability >= ends) {
            now.end = i + 1;
        }
        if (speaks && i + 1 - now.end >= least_silence) {
            found.push_back(now);
            speaks = false;
        }
    }
    if (speaks) {
        found.push_back(now);
    }
    std::erase_if(found, [](const Utterance& one) { return one.end - one.begin < least_speech; });
    return found;
}

/// Appends `one` in parts of at most `longest`.
void add_cut(std::vector<Utterance>& all, Utterance one, std::span<const float> probabilities) {
    while (one.end - one.begin > longest) {
        const auto first = probabilities.begin() + one.begin + longest / 2;
        const auto least = std::min_element(first, probabilities.begin() + one.begin + longest);
        const std::int64_t cut = least - probabilities.begin();
        all.push_back({one.begin, cut});
        one.begin = cut;
    }
    all.push_back(one);
}

} // namespace

std::vector<Utterance> utterances_in(std::span<const float> probabilities) {
    std::vector<Utterance> speech = speech_in(probabilities);
    std::vector<Utterance> all;
    for (std::size_t i = 0; i < speech.size(); ++i) {
        const std::int64_t before = i == 0 ? 0 : speech[i - 1].end;
        const std::int64_t after =
            i + 1 < speech.size() ? speech[i + 1].begin : std::ssize(probabilities);
        // Two that are close share what is between.
        const std::int64_t room = i == 0 ? speech[i].begin : (speech[i].begin - before) / 2;
        Utterance padded{speech[i].begin - std::min(around, room), speech[i].end};
        padded.end += std::min(around, i + 1 < speech.size() ? (after - speech[i].end) / 2
                                                             : after - speech[i].end);
        add_cut(all, padded, probabilities);
    }
    return all;
}

} // namespace oldfilm::speech
