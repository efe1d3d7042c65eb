// From probabilities to utterances, and from words to lines.
#include "speech/speech_segments.hpp"
#include "speech/spoken_lines.hpp"

#include <oldfilm/speech.hpp>

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <random>

using namespace oldfilm;
using namespace oldfilm::speech;

namespace {

std::vector<float>
probabilities(std::size_t count,
              std::initializer_list<std::pair<std::size_t, std::size_t>> speech) {
    std::vector<float> made(count, 0.1F);
    for (const auto& [from, to] : speech) {
        std::fill(made.begin() + static_cast<std::ptrdiff_t>(from),
                  made.begin() + static_cast<std::ptrdiff_t>(to), 0.9F);
    }
    return made;
}

Word word(const char* text, int start, int end) {
    return {text, Rational(start, 10), Rational(end, 10), 0.5};
}

constexpr std::size_t rate = 16'000;

/// Probability of speech, mean over all of it.
double speech_in(const std::vector<float>& samples) {
    const auto detector = make_speech_detector("spectral");
    for (std::size_t at = 0; at < samples.size(); at += 64 * SpeechDetector::step) {
        detector->add(
            {samples.data() + at, std::min(samples.size() - at, 64 * SpeechDetector::step)});
    }
    const std::vector<float> found = detector->probabilities();
    CHECK(found.size() == (samples.size() + SpeechDetector::step - 1) / SpeechDetector::step);
    double sum = 0;
    for (const float one : found) {
        sum += one;
    }
    return sum / static_cast<double>(found.size());
}

} // namespace

TEST_CASE("Speech is padded, short gaps are bridged, and short noises are none") {
    CHECK(utterances_in({}).empty());
    CHECK(utterances_in(probabilities(200, {{50, 55}})).empty());
    CHECK((utterances_in(probabilities(200, {{50, 100}})) == std::vector<Utterance>{{44, 106}}));
    CHECK((utterances_in(probabilities(200, {{0, 100}})) == std::vector<Utterance>{{0, 106}}));
    CHECK((utterances_in(probabilities(200, {{50, 100}, {110, 150}})) ==
           std::vector<Utterance>{{44, 156}}));
    const auto two = utterances_in(probabilities(300, {{50, 100}, {116, 200}}));
    REQUIRE(two.size() == 2);
    CHECK(two[0].end <= two[1].begin);
}

TEST_CASE("Long speech is cut where it is least likely") {
    auto likely = probabilities(1000, {{0, 1000}});
    likely[300] = 0.6F;
    const auto found = utterances_in(likely);
    REQUIRE(found.size() >= 3);
    CHECK((found[0] == Utterance{0, 300}));
    CHECK(found.back().end == 1000);
    for (const Utterance& one : found) {
        CHECK(one.end - one.begin <= 437);
    }
}

TEST_CASE("Lines end at pauses, and after two rows") {
    CHECK(lines_of({}).empty());
    const auto pause = lines_of({word("one", 0, 3), word("two", 4, 8), word("three", 15, 18)});
    REQUIRE(pause.size() == 2);
    CHECK(pause[0].text == "one two");
    CHECK(pause[0].end == Rational(8, 10));
    CHECK(pause[1].start == Rational(15, 10));
    std::vector<Word> many;
    for (int i = 0; i < 30; ++i) {
        many.push_back(word("wonderful", 2 * i, 2 * i + 2));
    }
    for (const Line& line : lines_of(many)) {
        CHECK(std::count(line.text.begin(), line.text.end(), '\n') <= 1);
        CHECK(line.end - line.start <= Rational(6));
    }
}

TEST_CASE("Silence, noise and held tones are no speech") {
    std::vector<float> samples(10 * rate);
    CHECK(speech_in(samples) < 0.05);
    std::mt19937 random(1);
    std::normal_distribution<float> noise(0, 0.05F);
    for (float& sample : samples) {
        sample = noise(random);
    }
    CHECK(speech_in(samples) < 0.05);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        // A melody of a note every 0.4 seconds, each with harmonics, that fades.
        const std::size_t note = i / 6400;
        const double into = static_cast<double>(i % 6400) / rate;
        const double pitch = 220 * std::pow(2.0, static_cast<double>(note * 5 % 12) / 12);
        double sum = 0;
        for (int k = 1; k <= 8; ++k) {
            sum += std::sin(2 * M_PI * pitch * k * into) / k;
        }
        samples[i] = static_cast<float>(0.2 * sum * std::exp(-3 * into));
    }
    CHECK(speech_in(samples) < 0.05);
}
