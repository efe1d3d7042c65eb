#pragma once
/// \file
/// A Whisper package: its network, with the keys and values that later calls need.

#include "speech/whisper_decoding.hpp"
#include "speech/whisper_vocabulary.hpp"

#include <oldfilm/model.hpp>

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

namespace oldfilm::speech {

/// The network of a package of the task speech-recognition. `mel` (1 x bins x 3000) gives
/// `features` (1 x 1500 x S) and `cross` (2L x 1500 x S): keys and values of L layers of the
/// decoder. `tokens` (N x T), `past` (2LN x P x S: keys and values of P tokens before) and `cross`
/// give `logits` (N x T x vocabulary) and `rows` (2LN x T x S), which continue `past`. 1 x 1 x 1
/// counts as left out. Not thread-safe.
class WhisperNetwork final : public NextToken {
  public:
    /// Throws `Error`: as `Model::open`; unreadable (a package without Whisper's fields).
    explicit WhisperNetwork(const std::string& package);

    [[nodiscard]] const WhisperVocabulary& vocabulary() const { return *vocabulary_; }
    /// Whether it knows more than English, and is told the language.
    [[nodiscard]] bool is_multilingual() const { return is_multilingual_; }
    [[nodiscard]] std::int64_t bins() const { return bins_; } ///< of the mel spectrum
    /// The most tokens of a transcript: half of what the decoder sees.
    [[nodiscard]] int most_tokens() const { return static_cast<int>(most_tokens_ / 2); }

    /// Listens to a window of the spectrum, bins x 3000; the next calls are about it. Returns the
    /// features, 1 x 1500 x S. Throws `Error`: as `Model::run`; cancelled after a stop request.
    at::Tensor listen(const at::Tensor& mel, const std::stop_token& stop);

    at::Tensor begin(std::span<const int> tokens) override;
    void select(std::span<const std::int64_t> sources) override;
    at::Tensor next(std::span<const int> tokens) override;

  private:
    at::Tensor decode(const at::Tensor& tokens);

    std::shared_ptr<Model> model_;
    std::unique_ptr<WhisperVocabulary> vocabulary_;
    bool is_multilingual_ = false;
    std::int64_t bins_ = 0, most_tokens_ = 0, state_ = 0, rows_ = 0;
    std::stop_token stop_;
    at::Tensor cross_;
    /// Keys and values, 2L x N x most_tokens x S, of which `count_` tokens are known.
    at::Tensor past_;
    std::int64_t count_ = 0;
};

} // namespace oldfilm::speech
