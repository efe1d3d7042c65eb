#include "speech/whisper_decoding.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <zlib.h>

#include <algorithm>
#include <utility>

namespace oldfilm::speech {
namespace {

/// Tokens that were sampled, and the sum of the logarithms of their probabilities.
struct Sequence {
    std::vector<int> tokens;
    float log = 0;
};

/// What all searches share: the sound's network, its rules, and how long a transcript may become.
struct Task {
    NextToken& following;
    const WhisperRules& rules;
    int end = 0;
    int most_tokens = 0;
    at::Tensor first; ///< logits of the first token
};

/// Applies the rules to a row of logits for each sequence.
void apply_rules(const Task& task, const at::Tensor& logits,
                 const std::vector<Sequence>& sequences) {
    for (std::size_t i = 0; i < sequences.size(); ++i) {
        task.rules.apply(logits[static_cast<std::int64_t>(i)], sequences[i].tokens);
    }
}

/// The first token's logits for `count` sequences.
at::Tensor fork(const Task& task, std::size_t count) {
    task.following.select(std::vector<std::int64_t>(count, 0));
    return task.first.expand({static_cast<std::int64_t>(count), -1}).clone();
}

std::vector<int> last_tokens(const std::vector<Sequence>& sequences) {
    std::vector<int> tokens;
    for (const Sequence& one : sequences) {
        tokens.push_back(one.tokens.back());
    }
    return tokens;
}

/// Takes the most likely token at temperature 0, and draws one elsewhere.
class Sampling {
  public:
    Sampling(double temperature, std::uint64_t seed)
        : temperature_(temperature), generator_(at::detail::createCPUGenerator(seed)) {}

    std::vector<Sequence> operator()(const Task& task, std::size_t count) {
        std::vector<Sequence> sequences(count);
        at::Tensor logits = fork(task, count);
        for (int i = 0; i < task.most_tokens; ++i) {
            apply_rules(task, logits, sequences);
            append(logits, task.end, sequences);
            const std::vector<int> last = last_tokens(sequences);
            if (std::all_of(last.begin(), last.end(), [&](int t) { return t == task.end; })) {
                break;
            }
            if (i + 1 < task.most_tokens) {
                logits = task.following.next(last);
            }
        }
        for (Sequence& one : sequences) {
            one.tokens.erase(std::find(one.tokens.begin(), one.tokens.end(), task.end),
                             one.tokens.end());
        }
        return sequences;
    }

  private:
    void append(const at::Tensor& logits, int end, std::vector<Sequence>& sequences) {
        const at::Tensor chosen =
            temperature_ == 0
                ? logits.argmax(1)
                : at::multinomial((logits / temperature_).softmax(1), 1, true, generator_)
                      .squeeze(1);
        const at::Tensor logs = logits.log_softmax(1).gather(1, chosen.unsqueeze(1));
        for (std::size_t i = 0; i < sequences.size(); ++i) {
            Sequence& one = sequences[i];
            if (!one.tokens.empty() && one.tokens.back() == end) {
                one.tokens.push_back(end);
                continue;
            }
            const auto row = static_cast<std::int64_t>(i);
            one.log += logs[row].item<float>();
            one.tokens.push_back(static_cast<int>(chosen[row].item<std::int64_t>()));
        }
    }

    double temperature_;
    at::Generator generator_;
};

/// Follows the most likely sequences, until as many have ended.
class BeamSearch {
  public:
    explicit BeamSearch(std::size_t width) : width_(width) {}

    std::vector<Sequence> operator()(const Task& task) {
        open_.assign(width_, {});
        at::Tensor logits = fork(task, width_);
        for (int i = 0; i < task.most_tokens; ++i) {
            apply_rules(task, logits, open_);
            task.following.select(extend(logits, task.end));
            if (ended_.size() >= width_) {
                break;
            }
            if (i + 1 < task.most_tokens) {
                logits = task.following.next(last_tokens(open_));
            }
        }
        fill();
        return std::move(ended_);
    }

  private:
    struct Candidate {
        Sequence sequence;
        std::int64_t source = 0; ///< the open sequence that it goes on from
    };

    /// The most likely tokens after each open sequence. At the start these are all the same.
    [[nodiscard]] std::vector<Candidate> candidates(const at::Tensor& logits) const {
        const auto [logs, tokens] =
            logits.log_softmax(1).topk(static_cast<std::int64_t>(width_) + 1);
        std::vector<Candidate> found;
        for (std::size_t i = 0; i < open_.size(); ++i) {
            const auto row = static_cast<std::int64_t>(i);
            for (std::int64_t j = 0; j < tokens.size(1); ++j) {
                Candidate one{open_[i], row};
                one.sequence.tokens.push_back(
                    static_cast<int>(tokens[row][j].item<std::int64_t>()));
                one.sequence.log += logs[row][j].item<float>();
                const auto same = std::find_if(found.begin(), found.end(), [&](const auto& other) {
                    return other.sequence.tokens == one.sequence.tokens;
                });
                if (same == found.end()) {
                    found.push_back(std::move(one));
                } else {
                    *same = std::move(one);
                }
            }
        }
        std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
            return a.sequence.log > b.sequence.log;
        });
        return found;
    }

    /// Replaces the open sequences by the best ones that go on from them; where these came from.
    std::vector<std::int64_t> extend(const at::Tensor& logits, int end) {
        std::vector<Candidate> all = candidates(logits);
        std::vector<std::int64_t> sources;
        open_.clear();
        for (Candidate& one : all) {
            if (one.sequence.tokens.back() != end) {
                sources.push_back(one.source);
                open_.push_back(std::move(one.sequence));
            } else if (ended_.size() < width_) {
                one.sequence.tokens.pop_back();
                ended_.push_back(std::move(one.sequence));
            }
            if (open_.size() == width_) {
                break;
            }
        }
        return sources;
    }

    /// Where the length was reached before: with open sequences, the most likely ones first.
    void fill() {
        std::stable_sort(open_.begin(), open_.end(),
                         [](const Sequence& a, const Sequence& b) { return a.log > b.log; });
        for (std::size_t i = 0; i < open_.size() && ended_.size() < width_; ++i) {
            ended_.push_back(open_[i]);
        }
    }

    std::size_t width_;
    std::vector<Sequence> open_, ended_;
};

/// The one whose tokens are the most likely ones on average.
Sequence best_of(const std::vector<Sequence>& sequences) {
    const auto score = [](const Sequence& one) {
        return one.log / static_cast<double>(std::max<std::size_t>(one.tokens.size(), 1));
    };
    return *std::max_element(
        sequences.begin(), sequences.end(),
        [&](const Sequence& a, const Sequence& b) { return score(a) < score(b); });
}

Sequence found_at(double temperature, const Task& task, const WhisperSearch& search) {
    if (temperature > 0) {
        const auto count = static_cast<std::size_t>(search.samples);
        return best_of(Sampling(temperature, search.seed)(task, count));
    }
    const auto width = static_cast<std::size_t>(search.beam);
    return best_of(width > 1 ? BeamSearch(width)(task) : Sampling(0, search.seed)(task, 1));
}

std::string trimmed(const std::string& text) {
    constexpr const char* spaces = " \t\n\r\f\v";
    const std::size_t from = text.find_first_not_of(spaces);
    return from == std::string::npos ? ""
                                     : text.substr(from, text.find_last_not_of(spaces) + 1 - from);
}

} // namespace

double compression_of(const std::string& text) {
    uLongf size = compressBound(text.size());
    std::vector<Bytef> compressed(size);
    std::vector<Bytef> bytes(text.begin(), text.end());
    compress(compressed.data(), &size, bytes.data(), bytes.size());
    return static_cast<double>(text.size()) / static_cast<double>(size);
}

WhisperTranscript transcript_of(NextToken& following, std::span<const int> first,
                                const WhisperVocabulary& vocabulary, const WhisperRules& rules,
                                const WhisperSearch& search) {
    WhisperTranscript made;
    for (const double temperature : search.temperatures) {
        const at::Tensor logits = following.begin(first);
        made.no_speech = logits[0].softmax(0)[vocabulary.no_speech()].item<float>();
        const Task task{following, rules, vocabulary.end(), search.most_tokens,
                        logits.slice(0, -1)};
        const Sequence found = found_at(temperature, task, search);
        made.tokens = found.tokens;
        made.text = trimmed(vocabulary.text(found.tokens));
        made.mean_log = found.log / static_cast<double>(found.tokens.size() + 1);
        made.compression = compression_of(made.text);
        made.temperature = temperature;
        const bool is_unlikely = made.mean_log < search.least_mean_log;
        made.is_silence = is_unlikely && made.no_speech > search.most_silence;
        if (made.is_silence || (!is_unlikely && made.compression <= search.most_compression)) {
            break;
        }
    }
    return made;
}

} // namespace oldfilm::speech
