#include "speech/whisper_rules.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

namespace oldfilm::speech {
namespace {

constexpr float never = -std::numeric_limits<float>::infinity();
/// In steps of 20 ms.
constexpr int latest_first_time = 50;

at::Tensor indices(const std::vector<int>& tokens) {
    return at::tensor(std::vector<std::int64_t>(tokens.begin(), tokens.end()));
}

void forbid(const at::Tensor& logits, std::int64_t from, std::int64_t to) {
    logits.slice(0, from, to).fill_(never);
}

} // namespace

WhisperRules::WhisperRules(const WhisperVocabulary& vocabulary)
    : end_(vocabulary.end()), no_times_(vocabulary.no_times()), times_(vocabulary.time(0)),
      suppressed_(indices(vocabulary.suppressed())) {
    std::vector<int> blank = vocabulary.encoded(" ");
    blank.push_back(end_);
    blank_ = indices(blank);
}

void WhisperRules::apply(const at::Tensor& logits, std::span<const int> said) const {
    if (said.empty()) {
        logits.index_fill_(0, blank_, never);
    }
    logits.index_fill_(0, suppressed_, never);
    logits[no_times_].fill_(never);
    apply_to_times(logits, said);
    const at::Tensor probabilities = logits.log_softmax(0);
    const at::Tensor of_times = probabilities.slice(0, times_).logsumexp(0);
    if (of_times.item<float>() > probabilities.slice(0, 0, times_).max().item<float>()) {
        forbid(logits, 0, times_);
    }
}

void WhisperRules::apply_to_times(const at::Tensor& logits, std::span<const int> said) const {
    const auto size = logits.size(0);
    if (said.empty()) {
        forbid(logits, 0, times_);
        forbid(logits, times_ + latest_first_time + 1, size);
        return;
    }
    const bool is_time = said.back() >= times_;
    const bool is_second_time = is_time && (said.size() < 2 || said[said.size() - 2] >= times_);
    if (is_second_time) {
        forbid(logits, times_, size); // text follows
    } else if (is_time) {
        forbid(logits, 0, end_); // the time at which the next text begins, or the end
    }
    const auto last =
        std::find_if(said.rbegin(), said.rend(), [&](int token) { return token >= times_; });
    if (last != said.rend()) {
        // A piece of text lasts; the next one may begin where it ended.
        forbid(logits, times_, is_time && !is_second_time ? *last : *last + 1);
    }
}

} // namespace oldfilm::speech
