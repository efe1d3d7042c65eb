#include "speech/subtitle_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace oldfilm::speech {

std::int64_t milliseconds(const Rational& seconds) {
    return std::max<std::int64_t>((seconds * Rational(1000)).round(), 0);
}

std::string clock_text(const Rational& seconds, char point) {
    const std::int64_t all = milliseconds(seconds);
    return fmt::format("{:02}:{:02}:{:02}{}{:03}", all / 3'600'000, all / 60'000 % 60,
                       all / 1000 % 60, point, all % 1000);
}

std::string escaped(std::string_view text) {
    std::string made;
    for (const char c : text) {
        if (c == '&') {
            made += "&amp;";
        } else if (c == '<') {
            made += "&lt;";
        } else if (c == '>') {
            made += "&gt;";
        } else if (static_cast<unsigned char>(c) >= ' ' || c == '\n') {
            made += c;
        }
    }
    return made;
}

std::string without_empty_rows(std::string text) {
    for (auto at = text.find("\n\n"); at != std::string::npos; at = text.find("\n\n")) {
        text.erase(at, 1);
    }
    return text;
}

std::string with_speaker(const Line& line) {
    return line.speaker.empty() ? line.text : line.speaker + ": " + line.text;
}

std::string cue_text(const Line& line) {
    return without_empty_rows(with_speaker(line));
}

std::vector<std::string> words_in(std::string_view text) {
    std::vector<std::string> words(1);
    for (const char c : text) {
        if (c != ' ' && c != '\n') {
            words.back() += c;
        } else if (!words.back().empty()) {
            words.emplace_back();
        }
    }
    if (words.back().empty()) {
        words.pop_back();
    }
    return words;
}

std::size_t length_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; // no continuation byte
    }));
}

std::string wrapped(std::string_view text, std::size_t width) {
    const std::vector<std::string> words = words_in(text);
    std::size_t all = words.empty() ? 0 : words.size() - 1;
    for (const std::string& word : words) {
        all += length_of(word);
    }
    const std::size_t rows = std::max<std::size_t>((all + width - 1) / width, 1);
    const std::size_t even = (all + rows - 1) / rows;
    std::string made;
    std::size_t row = 0;
    for (const std::string& word : words) {
        const std::size_t length = length_of(word);
        // A row may be longer than the others by less than half a word.
        const bool fits = row == 0 || (row + 1 + length <= width && row + length / 2 < even);
        if (!made.empty()) {
            made += fits ? ' ' : '\n';
        }
        row = fits && row > 0 ? row + 1 + length : length;
        made += word;
    }
    return made;
}

} // namespace oldfilm::speech
