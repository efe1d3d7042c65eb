#include "speech/whisper_words.hpp"

#include "speech/subtitle_text.hpp"

#include <algorithm>

namespace oldfilm::speech {
namespace {

constexpr std::int64_t columns_in_step = 2;

WhisperSegment segment_of(std::span<const int> tokens, int first_time) {
    return {
        tokens.front() - first_time, tokens.back() - first_time, {tokens.begin(), tokens.end()}};
}

/// All of the window, or up to the only time that was said.
WhisperSegment single_segment(std::span<const int> tokens, int first_time, std::int64_t columns) {
    auto end = static_cast<int>(columns / columns_in_step);
    const auto last = std::find_if(tokens.rbegin(), tokens.rend(),
                                   [&](int token) { return token >= first_time; });
    if (last != tokens.rend() && *last != first_time) {
        end = *last - first_time;
    }
    return {0, end, {tokens.begin(), tokens.end()}};
}

} // namespace

WhisperSegments segments_in(std::span<const int> tokens, int first_time, std::int64_t columns) {
    const auto is_time = [&](std::size_t i) { return tokens[i] >= first_time; };
    WhisperSegments found;
    std::size_t from = 0;
    for (std::size_t i = 1; i < tokens.size(); ++i) {
        if (is_time(i - 1) && is_time(i)) {
            found.segments.push_back(segment_of(tokens.subspan(from, i - from), first_time));
            from = i;
        }
    }
    found.done = columns;
    const std::size_t size = tokens.size();
    if (found.segments.empty()) {
        found.segments.push_back(single_segment(tokens, first_time, columns));
    } else if (is_time(size - 1) && !is_time(size - 2)) {
        found.segments.push_back(segment_of(tokens.subspan(from), first_time));
    } else {
        found.done = found.segments.back().end * columns_in_step;
    }
    if (found.done <= 0) {
        found.done = columns; // goes on, whatever was said
    }
    return found;
}

std::vector<Word> spread_words(const std::vector<std::string>& texts, const Rational& start,
                               const Rational& end, double confidence) {
    std::int64_t all = 0;
    for (const std::string& text : texts) {
        all += static_cast<std::int64_t>(length_of(text));
    }
    std::vector<Word> words;
    std::int64_t before = 0;
    for (const std::string& text : texts) {
        const std::int64_t after = before + static_cast<std::int64_t>(length_of(text));
        words.push_back({text, start + (end - start) * Rational(before, all),
                         start + (end - start) * Rational(after, all), confidence});
        before = after;
    }
    return words;
}

} // namespace oldfilm::speech
