#pragma once
/// \file
/// From probabilities of speech to utterances.

#include <cstdint>
#include <span>
#include <vector>

namespace oldfilm::speech {

/// Consecutive steps (`SpeechDetector::step`), `end` not included.
struct Utterance {
    std::int64_t begin = 0, end = 0;
    bool operator==(const Utterance&) const = default;
};

/// Speech begins where its probability reaches 0.5 and ends where it stays below 0.35 for 0.4 s
/// (hysteresis, as silero-vad's authors have it), with 0.2 s around; less than 0.25 s is none.
/// Utterances of more than 14 s are cut where speech is least likely.
std::vector<Utterance> utterances_in(std::span<const float> probabilities);

} // namespace oldfilm::speech
