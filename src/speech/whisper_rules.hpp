#pragma once
/// \file
/// Which token may follow (whisper/decoding.py of openai-whisper: SuppressBlank, SuppressTokens and
/// ApplyTimestampRules).

#include "speech/whisper_vocabulary.hpp"

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

namespace oldfilm::speech {

/// Rules for a transcript with times: it begins with a time of at most one second, times do not
/// decrease and stand in pairs around pieces of text, and a time is said where times together are
/// more likely than any word. Immutable.
class WhisperRules {
  public:
    explicit WhisperRules(const WhisperVocabulary& vocabulary);

    /// Sets the logits of tokens that may not follow to minus infinity. `logits`: all tokens of the
    /// vocabulary, float32; changed in place. `said`: what was sampled so far.
    void apply(const at::Tensor& logits, std::span<const int> said) const;

  private:
    void apply_to_times(const at::Tensor& logits, std::span<const int> said) const;

    int end_, no_times_, times_;
    at::Tensor suppressed_, blank_;
};

} // namespace oldfilm::speech
