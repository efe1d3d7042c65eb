#pragma once
/// \file
/// The search for the most likely transcript (Radford et al. 2022, 4.5; whisper/decoding.py and
/// transcribe.py of openai-whisper).

#include "speech/whisper_rules.hpp"
#include "speech/whisper_vocabulary.hpp"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace oldfilm::speech {

/// Says how likely each token is to follow, for several sequences at once. Not thread-safe.
class NextToken {
  public:
    virtual ~NextToken() = default;
    /// Begins one sequence. Logits after each of its tokens: their number x vocabulary, float32.
    virtual at::Tensor begin(std::span<const int> tokens) = 0;
    /// Goes on with copies of those sequences: `sources` are their indices.
    virtual void select(std::span<const std::int64_t> sources) = 0;
    /// Appends a token to each sequence. Logits after it: sequences x vocabulary.
    virtual at::Tensor next(std::span<const int> tokens) = 0;
};

/// How a transcript is searched for.
struct WhisperSearch {
    /// Sequences that are followed at temperature 0; 1: the most likely token is taken (greedy).
    int beam = 5;
    int samples = 5;           ///< sequences that are drawn at higher temperatures
    int most_tokens = 224;     ///< of a transcript
    std::uint64_t seed = 2022; ///< of what is drawn; the same sound gives the same words
    /// Tried in turn, until a transcript passes the guards.
    std::vector<double> temperatures{0.0, 0.2, 0.4, 0.6, 0.8, 1.0};
    /// Text that compresses better than this repeats itself, and is refused.
    double most_compression = 2.4;
    /// Transcripts whose tokens are less likely than this on average (logarithm) are refused.
    double least_mean_log = -1.0;
    /// Where silence is more likely than this, a transcript that was refused is silence.
    double most_silence = 0.6;
};

struct WhisperTranscript {
    std::vector<int> tokens; ///< of text, and times
    std::string text;        ///< without times, UTF-8
    double mean_log = 0;     ///< of the probabilities of the tokens and of the end
    double no_speech = 0;    ///< probability that nothing is said, in [0, 1]
    double compression = 0;  ///< bytes of the text, and compressed
    double temperature = 0;  ///< at which it was found
    bool is_silence = false; ///< whether it is to be dropped
};

/// Bytes of a text over those that zlib makes of it; 0 for no text.
double compression_of(const std::string& text);

/// The transcript of the sound that `following` hears. `first`: the tokens that begin it. Throws
/// what `following` throws.
WhisperTranscript transcript_of(NextToken& following, std::span<const int> first,
                                const WhisperVocabulary& vocabulary, const WhisperRules& rules,
                                const WhisperSearch& search);

} // namespace oldfilm::speech
