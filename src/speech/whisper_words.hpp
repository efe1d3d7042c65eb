#pragma once
/// \file
/// From tokens to words with times (whisper/transcribe.py of openai-whisper).

#include <oldfilm/speech.hpp>
#include <oldfilm/time.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace oldfilm::speech {

/// A piece of a transcript between two times, in steps of 20 ms from the window's start.
struct WhisperSegment {
    int start = 0, end = 0;
    std::vector<int> tokens; ///< of text, and times
    friend bool operator==(const WhisperSegment&, const WhisperSegment&) = default;
};

struct WhisperSegments {
    std::vector<WhisperSegment> segments;
    /// Columns of the spectrum (10 ms) that were transcribed: up to the last time, where a piece of
    /// text without an end follows, which is heard once more.
    std::int64_t done = 0;
};

/// Cuts a transcript where two times stand together. `first_time`: the token of 0 s. `columns`: of
/// the window that are sound.
WhisperSegments segments_in(std::span<const int> tokens, int first_time, std::int64_t columns);

/// Words one after the other, without pauses, as long as their numbers of characters have it.
/// `texts`: none is empty. `start` and `end`: in seconds.
std::vector<Word> spread_words(const std::vector<std::string>& texts, const Rational& start,
                               const Rational& end, double confidence);

} // namespace oldfilm::speech
