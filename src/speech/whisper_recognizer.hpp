#pragma once
/// \file
/// The recognizer that a package of Whisper is (Radford et al. 2022, arXiv:2212.04356).

#include "speech/whisper_network.hpp"

#include <oldfilm/speech.hpp>

#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace oldfilm::speech {

/// Recognizes utterances with Whisper, as whisper/transcribe.py of openai-whisper does with beams
/// of 5 and without the text before as a prompt.
class WhisperRecognizer final : public Recognizer {
  public:
    /// `language`: a code of ISO 639-1; empty: the first utterance with words decides. Throws
    /// `Error`: as `WhisperNetwork`; unsupported (the checkpoint does not know the language).
    WhisperRecognizer(const std::string& package, std::string language, WhisperSearch search = {});

    /// Words of one segment share its time by their lengths, and have the same confidence: the mean
    /// probability of the window's tokens (geometric).
    std::vector<Word> recognize(std::span<const float> samples,
                                const std::stop_token& stop) override;
    [[nodiscard]] std::string language() const override { return language_; }

  private:
    /// The language at the beginning of a sound, of which this is the spectrum.
    [[nodiscard]] std::string detected(const at::Tensor& mel, const std::stop_token& stop);
    /// Adds the words of that window, which begins at `start` (seconds) and has sound in `columns`
    /// of its spectrum. Returns how many of these were transcribed.
    std::int64_t add_words(const std::string& spoken, const Rational& start, std::int64_t columns,
                           std::vector<Word>& words);
    [[nodiscard]] std::vector<int> first_tokens(const std::string& language) const;

    WhisperNetwork network_;
    WhisperRules rules_;
    WhisperSearch search_;
    std::string language_;
};

/// Whether the package is one for speech-recognition that knows the language (ISO 639-1; empty:
/// any). False where it cannot be read.
bool whisper_knows(const std::string& package, const std::string& language);

} // namespace oldfilm::speech
