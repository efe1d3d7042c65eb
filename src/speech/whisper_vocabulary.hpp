#pragma once
/// \file
/// Tokens of Whisper, and their text (Radford et al. 2022; whisper/tokenizer.py of openai-whisper).

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace oldfilm::speech {

/// The vocabulary of a checkpoint: first tokens of text, then the end, the special ones, and times
/// in steps of 20 ms. Immutable; thread-safe.
class WhisperVocabulary {
  public:
    /// `tokens`: the bytes of each token of text, in base64, one a line. `languages`: their codes,
    /// in the order of their tokens. Throws `Error` (unreadable): not base64.
    WhisperVocabulary(std::string_view tokens, std::vector<std::string> languages);

    /// All tokens, up to 30 s.
    [[nodiscard]] int size() const { return time(1501); }
    [[nodiscard]] int end() const { return static_cast<int>(texts_.size()); } ///< of the text
    [[nodiscard]] int start() const { return end() + 1; }                     ///< of the transcript
    [[nodiscard]] int translate() const { return after_languages(0); }
    [[nodiscard]] int transcribe() const { return after_languages(1); }
    [[nodiscard]] int no_speech() const { return after_languages(4); }
    [[nodiscard]] int no_times() const { return after_languages(5); }
    /// The token of a time, in steps of 20 ms from 0. What is not below `time(0)` is a time.
    [[nodiscard]] int time(int step) const { return after_languages(6) + step; }

    [[nodiscard]] const std::vector<std::string>& languages() const { return languages_; }
    /// -1 where the checkpoint does not know the language.
    [[nodiscard]] int language(const std::string& code) const;

    /// UTF-8; bytes that are none become U+FFFD. Times have no text, and special tokens have their
    /// names ("<|en|>").
    [[nodiscard]] std::string text(std::span<const int> tokens) const;
    /// Tokens of a piece of text that is not cut at spaces: pairs of neighbors are joined, the most
    /// frequent ones of the training first (byte-pair encoding).
    [[nodiscard]] std::vector<int> encoded(std::string_view piece) const;
    /// What is never sampled: signs that transcribers write for what is not spoken, such as notes
    /// and brackets, and special tokens. In rising order.
    [[nodiscard]] std::vector<int> suppressed() const;

  private:
    [[nodiscard]] int after_languages(int index) const {
        return start() + 1 + static_cast<int>(languages_.size()) + index;
    }
    [[nodiscard]] std::string special(int token) const;

    std::vector<std::string> texts_;
    std::map<std::string, int, std::less<>> numbers_;
    std::vector<std::string> languages_;
};

/// Replaces bytes that are no UTF-8 by U+FFFD, as Python's decoder does.
std::string repaired_utf8(std::string_view bytes);

} // namespace oldfilm::speech
