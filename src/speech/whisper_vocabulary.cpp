#include "speech/whisper_vocabulary.hpp"

#include <oldfilm/error.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <utility>

namespace oldfilm::speech {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

/// Signs that are suppressed alone and after a space, where they are one token.
constexpr auto signs = std::to_array<std::string_view>(
    {"\"",  "#",  "(",  ")",   "*",   "+",   "/",   ":",  ";",   "<",  "=",  ">",
     "@",   "[",  "\\", "]",   "^",   "_",   "`",   "{",  "|",   "}",  "~",  "「",
     "」",  "『", "』", "<<",  ">>",  "<<<", ">>>", "--", "---", "-(", "-[", "('",
     "(\"", "((", "))", "(((", ")))", "[[",  "]]",  "{{", "}}",  "♪♪", "♪♪♪"});
/// Notes, which are suppressed by their first token where they are several.
constexpr auto notes = std::to_array<std::string_view>({"♩", "♪", "♫", "♬", "♭", "♮", "♯"});

int base64_digit(char c) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const std::size_t found = digits.find(c);
    if (found == std::string_view::npos) {
        throw Error(Errc::unreadable,
                    "the vocabulary of a Whisper package must be base64, a token on each line, and "
                    "it is damaged; import the checkpoint again");
    }
    return static_cast<int>(found);
}

std::string from_base64(std::string_view text) {
    std::string bytes;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text.substr(0, text.find('='))) {
        bits = bits << 6U | static_cast<unsigned>(base64_digit(c));
        count += 6;
        if (count >= 8) {
            count -= 8;
            bytes += static_cast<char>(bits >> static_cast<unsigned>(count) & 0xFFU);
        }
    }
    return bytes;
}

/// How a sequence that begins with `lead` goes on: how many bytes follow, and what the first of
/// them may be (Unicode 15, table 3-7).
struct Continuation {
    int count = 0;
    unsigned char low = 0x80, high = 0xBF;
};

std::optional<Continuation> continuation_of(unsigned char lead) {
    if (lead < 0x80) {
        return Continuation{};
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        return Continuation{1};
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        return Continuation{2, static_cast<unsigned char>(lead == 0xE0 ? 0xA0 : 0x80),
                            static_cast<unsigned char>(lead == 0xED ? 0x9F : 0xBF)};
    }
    if (lead >= 0xF0 && lead <= 0xF4) {
        return Continuation{3, static_cast<unsigned char>(lead == 0xF0 ? 0x90 : 0x80),
                            static_cast<unsigned char>(lead == 0xF4 ? 0x8F : 0xBF)};
    }
    return std::nullopt;
}

/// Bytes at the beginning that belong together, and whether they are a character.
std::pair<std::size_t, bool> first_character(std::string_view bytes) {
    const auto expected = continuation_of(static_cast<unsigned char>(bytes.front()));
    if (!expected) {
        return {1, false};
    }
    std::size_t at = 1;
    for (int i = 0; i < expected->count; ++i, ++at) {
        const unsigned char low = i == 0 ? expected->low : 0x80;
        const unsigned char high = i == 0 ? expected->high : 0xBF;
        if (at >= bytes.size() || static_cast<unsigned char>(bytes[at]) < low ||
            static_cast<unsigned char>(bytes[at]) > high) {
            return {at, false};
        }
    }
    return {at, true};
}

} // namespace

std::string repaired_utf8(std::string_view bytes) {
    std::string text;
    while (!bytes.empty()) {
        const auto [length, is_character] = first_character(bytes);
        text += is_character ? bytes.substr(0, length) : replacement;
        bytes.remove_prefix(length);
    }
    return text;
}

WhisperVocabulary::WhisperVocabulary(std::string_view tokens, std::vector<std::string> languages)
    : languages_(std::move(languages)) {
    while (!tokens.empty()) {
        const std::size_t length = tokens.find('\n');
        numbers_.emplace(from_base64(tokens.substr(0, length)), static_cast<int>(texts_.size()));
        texts_.push_back(from_base64(tokens.substr(0, length)));
        tokens.remove_prefix(length == std::string_view::npos ? tokens.size() : length + 1);
    }
}

int WhisperVocabulary::language(const std::string& code) const {
    const auto found = std::find(languages_.begin(), languages_.end(), code);
    return found == languages_.end() ? -1
                                     : start() + 1 + static_cast<int>(found - languages_.begin());
}

std::string WhisperVocabulary::special(int token) const {
    constexpr std::array<const char*, 6> others{"translate",   "transcribe", "startoflm",
                                                "startofprev", "nospeech",   "notimestamps"};
    if (token == end()) {
        return "<|endoftext|>";
    }
    if (token == start()) {
        return "<|startoftranscript|>";
    }
    const std::string name = token < after_languages(0)
                                 ? languages_.at(static_cast<std::size_t>(token - start() - 1))
                                 : others.at(static_cast<std::size_t>(token - after_languages(0)));
    return "<|" + name + "|>";
}

std::string WhisperVocabulary::text(std::span<const int> tokens) const {
    std::string bytes;
    for (const int token : tokens) {
        if (token < end()) {
            bytes += texts_.at(static_cast<std::size_t>(token));
        } else if (token < time(0)) {
            bytes += special(token);
        }
    }
    return repaired_utf8(bytes);
}

std::vector<int> WhisperVocabulary::encoded(std::string_view piece) const {
    std::vector<std::string> parts;
    for (const char c : piece) {
        parts.emplace_back(1, c);
    }
    while (parts.size() > 1) {
        int best = end();
        std::size_t at = 0;
        for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
            const auto joined = numbers_.find(parts[i] + parts[i + 1]);
            if (joined != numbers_.end() && joined->second < best) {
                best = joined->second;
                at = i;
            }
        }
        if (best == end()) {
            break;
        }
        parts[at] += parts[at + 1];
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
    }
    std::vector<int> tokens;
    for (const std::string& part : parts) {
        if (const auto known = numbers_.find(part); known != numbers_.end()) {
            tokens.push_back(known->second);
        }
    }
    return tokens;
}

std::vector<int> WhisperVocabulary::suppressed() const {
    std::set<int> found{
        start(), translate(), transcribe(), after_languages(2), after_languages(3), no_speech()};
    const auto add = [&](const std::string& text, bool is_whole) {
        const std::vector<int> tokens = encoded(text);
        if (!tokens.empty() && (tokens.size() == 1 || !is_whole)) {
            found.insert(tokens.front());
        }
    };
    // Inside of words they are allowed, and not at their beginning.
    add(" -", false);
    add(" '", false);
    for (const std::string_view sign : signs) {
        add(std::string(sign), true);
        add(" " + std::string(sign), true);
    }
    for (const std::string_view note : notes) {
        add(std::string(note), false);
        add(" " + std::string(note), false);
    }
    return {found.begin(), found.end()};
}

} // namespace oldfilm::speech
