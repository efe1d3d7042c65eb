#include "speech/spoken_lines.hpp"

#include "speech/progress.hpp"
#include "speech/speech_segments.hpp"
#include "speech/subtitle_text.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace oldfilm::speech {
namespace {

constexpr const char* finding = "speech";
constexpr const char* recognizing = "words";
constexpr std::int64_t rate = 16'000;
constexpr auto step = static_cast<std::int64_t>(SpeechDetector::step);
/// Samples that are read at once, in whole steps: about 16 seconds.
constexpr std::int64_t block = 500 * step;

// Lines, as subtitles are usually made.
constexpr std::size_t row_length = 42, most_characters = 2 * row_length;
const Rational longest(6);
const Rational pause(3, 5); ///< seconds

/// Utterances whose words are less sure are no speech, most likely.
constexpr double least_confidence = 0.05;

SoundReader open(const std::string& path, const TranscribeOptions& options, bool is_first) {
    SoundOptions sound;
    sound.rate = static_cast<int>(rate);
    sound.clean = options.clean_sound;
    sound.protocols = options.protocols;
    sound.log = is_first ? options.log : Log(); // of what is said twice
    return SoundReader(path, std::move(sound));
}

std::vector<float> probabilities_of(const std::string& path, const TranscribeOptions& options) {
    SoundReader sound = open(path, options, true);
    const std::unique_ptr<SpeechDetector> detector = make_speech_detector(options.detector);
    const double all = sound.duration().value() * rate;
    std::vector<float> samples(static_cast<std::size_t>(block));
    double done = 0;
    while (const std::size_t count = sound.read(samples)) {
        detector->add({samples.data(), count});
        done += static_cast<double>(count);
        report(options, finding, done, all);
    }
    return detector->probabilities();
}

/// Gives pieces of a sound in the order of time.
class Excerpts {
  public:
    explicit Excerpts(SoundReader sound) : sound_(std::move(sound)) {}

    /// `from` is not before the end of the piece before.
    std::vector<float> read(std::int64_t from, std::int64_t count) {
        std::vector<float> samples(static_cast<std::size_t>(block));
        while (at_ < from) {
            const auto skipped = static_cast<std::size_t>(std::min(from - at_, block));
            const std::size_t read = sound_.read({samples.data(), skipped});
            at_ += static_cast<std::int64_t>(read);
            if (read < skipped) {
                return {};
            }
        }
        samples.resize(static_cast<std::size_t>(count));
        samples.resize(sound_.read(samples));
        at_ += std::ssize(samples);
        return samples;
    }

  private:
    SoundReader sound_;
    std::int64_t at_ = 0;
};

double mean_confidence(const std::vector<Word>& words) {
    double sum = 0;
    for (const Word& word : words) {
        sum += word.confidence;
    }
    return words.empty() ? 0 : sum / static_cast<double>(words.size());
}

Line line_of(std::vector<Word> words) {
    Line line;
    line.start = words.front().start;
    line.end = words.back().end;
    std::string text;
    for (const Word& word : words) {
        text += (text.empty() ? "" : " ") + word.text;
    }
    line.text = wrapped(text, row_length);
    line.confidence = mean_confidence(words);
    line.words = std::move(words);
    return line;
}

void recognize_all(const std::string& path, const TranscribeOptions& options,
                   const std::vector<Utterance>& utterances, const std::string& language,
                   Journal& journal) {
    const std::unique_ptr<Recognizer> recognizer =
        make_recognizer(options.engine, language.empty() ? journal.language() : language);
    Excerpts excerpts(open(path, options, false));
    std::int64_t steps = 0;
    std::int64_t done = 0;
    for (const Utterance& one : utterances) {
        steps += one.end - one.begin;
    }
    for (const Utterance& one : utterances) {
        report(options, recognizing, static_cast<double>(done), static_cast<double>(steps));
        done += one.end - one.begin;
        if (one.begin * step < journal.done(recognizing)) {
            continue; // an earlier call has recognized it
        }
        const Rational start(one.begin * step, rate);
        std::vector<Word> words = recognizer->recognize(
            excerpts.read(one.begin * step, (one.end - one.begin) * step), options.stop);
        for (Word& word : words) {
            word.start = word.start + start;
            word.end = word.end + start;
        }
        if (journal.language().empty() && !recognizer->language().empty()) {
            journal.set_language(recognizer->language());
        }
        const bool is_speech = mean_confidence(words) >= least_confidence;
        journal.add(recognizing, one.end * step, is_speech ? lines_of(words) : std::vector<Line>{});
    }
    report(options, recognizing, 1, 1);
}

} // namespace

std::vector<Line> lines_of(const std::vector<Word>& words) {
    std::vector<Line> lines;
    std::vector<Word> now;
    std::size_t characters = 0;
    for (const Word& word : words) {
        const std::size_t length = length_of(word.text) + 1;
        if (!now.empty() &&
            (word.start - now.back().end >= pause || characters + length > most_characters ||
             word.end - now.front().start > longest)) {
            lines.push_back(line_of(std::exchange(now, {})));
            characters = 0;
        }
        now.push_back(word);
        characters += length;
    }
    if (!now.empty()) {
        lines.push_back(line_of(std::move(now)));
    }
    return lines;
}

std::vector<Line> spoken_lines(const std::string& path, const TranscribeOptions& options,
                               const std::string& language, Journal& journal) {
    const std::vector<Utterance> utterances = utterances_in(probabilities_of(path, options));
    if (!utterances.empty()) {
        recognize_all(path, options, utterances, language, journal);
    }
    return journal.lines(recognizing);
}

} // namespace oldfilm::speech
