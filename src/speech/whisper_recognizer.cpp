#include "speech/whisper_recognizer.hpp"

#include "speech/subtitle_text.hpp"
#include "speech/whisper_mel.hpp"
#include "speech/whisper_words.hpp"

#include <oldfilm/error.hpp>

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

namespace oldfilm::speech {
namespace {

using nlohmann::json;

/// Columns of the mel spectrum, and steps of the tokens of time.
constexpr std::int64_t columns_per_second = 100, steps_per_second = 50;

/// As a language writes them. Where it has no spaces, all of a text is one word.
std::vector<std::string> written_words(const std::string& text, const std::string& language) {
    constexpr std::array<std::string_view, 6> without_spaces{"zh", "ja", "th", "lo", "my", "yue"};
    std::vector<std::string> words = words_in(text);
    if (!words.empty() &&
        std::find(without_spaces.begin(), without_spaces.end(), language) != without_spaces.end()) {
        words = {fmt::format("{}", fmt::join(words, " "))};
    }
    return words;
}

/// The window from `column` on; what is missing at its end is 0.
at::Tensor window_of(const at::Tensor& mel, std::int64_t column, std::int64_t length) {
    return at::constant_pad_nd(mel.slice(1, column, column + length), {0, whisper_window - length});
}

/// Tokens of text alone.
std::vector<int> text_in(const WhisperSegment& segment, int end) {
    std::vector<int> tokens;
    std::copy_if(segment.tokens.begin(), segment.tokens.end(), std::back_inserter(tokens),
                 [&](int token) { return token < end; });
    return tokens;
}

} // namespace

WhisperRecognizer::WhisperRecognizer(const std::string& package, std::string language,
                                     WhisperSearch search)
    : network_(package), rules_(network_.vocabulary()), search_(std::move(search)),
      language_(std::move(language)) {
    search_.most_tokens = network_.most_tokens();
    if (!network_.is_multilingual() && language_.empty()) {
        language_ = "en";
    }
    if (!language_.empty() && !whisper_knows(package, language_)) {
        throw Error(Errc::unsupported,
                    fmt::format("the package {} does not recognize the language \"{}\"{}; import "
                                "another checkpoint of Whisper",
                                package, language_,
                                network_.is_multilingual() ? "" : ", but English alone"));
    }
}

std::vector<Word> WhisperRecognizer::recognize(std::span<const float> samples,
                                               const std::stop_token& stop) {
    const at::Tensor mel = whisper_log_mel(samples, network_.bins());
    const std::int64_t columns = mel.size(1) - whisper_window;
    const std::string spoken = language_.empty() ? detected(mel, stop) : language_;
    std::vector<Word> words;
    for (std::int64_t column = 0; column < columns;) {
        const std::int64_t length = std::min(whisper_window, columns - column);
        network_.listen(window_of(mel, column, length), stop);
        const Rational start(column, columns_per_second);
        column += add_words(spoken, start, length, words);
    }
    if (!words.empty()) {
        language_ = spoken;
    }
    return words;
}

std::int64_t WhisperRecognizer::add_words(const std::string& spoken, const Rational& start,
                                          std::int64_t columns, std::vector<Word>& words) {
    const WhisperVocabulary& vocabulary = network_.vocabulary();
    const WhisperTranscript found =
        transcript_of(network_, first_tokens(spoken), vocabulary, rules_, search_);
    if (found.is_silence) {
        return columns;
    }
    const WhisperSegments cut = segments_in(found.tokens, vocabulary.time(0), columns);
    for (const WhisperSegment& segment : cut.segments) {
        if (segment.end <= segment.start) {
            continue; // nothing is said in no time
        }
        const std::string text = vocabulary.text(text_in(segment, vocabulary.end()));
        const std::vector<Word> said = spread_words(
            written_words(text, spoken), start + Rational(segment.start, steps_per_second),
            start + Rational(segment.end, steps_per_second), std::exp(found.mean_log));
        words.insert(words.end(), said.begin(), said.end());
    }
    return cut.done;
}

std::string WhisperRecognizer::detected(const at::Tensor& mel, const std::stop_token& stop) {
    // With silence at the end, as the authors do it, and not with zeros.
    network_.listen(mel.slice(1, 0, whisper_window), stop);
    const WhisperVocabulary& vocabulary = network_.vocabulary();
    const std::array<int, 1> start{vocabulary.start()};
    const at::Tensor logits = network_.begin(start)[0];
    const auto count = static_cast<std::int64_t>(vocabulary.languages().size());
    const auto best = logits.slice(0, vocabulary.start() + 1, vocabulary.start() + 1 + count)
                          .argmax()
                          .item<std::int64_t>();
    return vocabulary.languages().at(static_cast<std::size_t>(best));
}

std::vector<int> WhisperRecognizer::first_tokens(const std::string& language) const {
    const WhisperVocabulary& vocabulary = network_.vocabulary();
    if (!network_.is_multilingual()) {
        return {vocabulary.start()};
    }
    return {vocabulary.start(), vocabulary.language(language), vocabulary.transcribe()};
}

bool whisper_knows(const std::string& package, const std::string& language) {
    try {
        const Manifest manifest = Model::inspect(package);
        const json fields = json::parse(manifest.json);
        if (manifest.task != "speech-recognition") {
            return false;
        }
        if (!fields.at("multilingual").get<bool>()) {
            return language.empty() || language == "en";
        }
        const auto known = fields.at("languages").get<std::vector<std::string>>();
        return language.empty() || std::find(known.begin(), known.end(), language) != known.end();
    } catch (const Error&) {
        return false;
    } catch (const json::exception&) {
        return false;
    }
}

} // namespace oldfilm::speech
