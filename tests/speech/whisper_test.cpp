// Whisper's front end, tokens and search, against what the authors' code gives
// (tests/fixtures/make_whisper.py). The network is compared in tests/importers.
#include "speech/whisper_decoding.hpp"
#include "speech/whisper_mel.hpp"
#include "speech/whisper_rules.hpp"
#include "speech/whisper_vocabulary.hpp"
#include "speech/whisper_words.hpp"

#include <oldfilm/error.hpp>

#include <ATen/ATen.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <numbers>

using namespace oldfilm;
using namespace oldfilm::speech;
using Catch::Contains;
using nlohmann::json;

namespace {

const json& fixture() {
    static const json made =
        json::parse(std::ifstream(OLDFILM_SOURCE_DIR "/tests/fixtures/whisper.json"));
    return made;
}

std::string in_base64(unsigned char byte) {
    constexpr const char* digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    return {digits[byte >> 2U], digits[(byte & 3U) << 4U], '=', '='};
}

/// Of single bytes, and the fixture's tokens.
WhisperVocabulary vocabulary() {
    std::string lines;
    for (int byte = 0; byte < 256; ++byte) {
        lines += in_base64(static_cast<unsigned char>(byte)) + "\n";
    }
    for (const json& token : fixture().at("tokens")) {
        lines += token.get<std::string>() + "\n";
    }
    return {lines, fixture().at("languages").get<std::vector<std::string>>()};
}

/// As in make_whisper.py.
at::Tensor mixed(std::span<const int> said, const WhisperVocabulary& words, std::uint64_t key) {
    constexpr std::uint64_t modulus = std::uint64_t{1} << 32U;
    for (const int token : said) {
        key = (key * 31 + static_cast<std::uint64_t>(token)) % modulus;
    }
    at::Tensor logits = at::empty({words.size()});
    for (std::int64_t i = 0; i < words.size(); ++i) {
        std::uint64_t x =
            (static_cast<std::uint64_t>(i) * 2654435761U + key * 40503 + 12345) % modulus;
        x = (x ^ (x >> 15U)) * 2246822519U % modulus;
        x = (x ^ (x >> 13U)) * 3266489917U % modulus;
        logits.mutable_data_ptr<float>()[i] = static_cast<float>(x >> 22U) / 64 - 8;
    }
    logits[words.end()] += static_cast<double>(said.size()) / 2;
    return logits;
}

/// A network whose logits follow from the tokens before.
class Mixed final : public NextToken {
  public:
    Mixed(const WhisperVocabulary& words, std::uint64_t seed) : words_(words), seed_(seed) {}

    at::Tensor begin(std::span<const int> tokens) override {
        sequences_ = {{tokens.begin(), tokens.end()}};
        std::vector<at::Tensor> rows;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            rows.push_back(mixed(tokens.subspan(1, i), words_, seed_));
        }
        return at::stack(rows);
    }
    void select(std::span<const std::int64_t> sources) override {
        std::vector<std::vector<int>> selected;
        for (const std::int64_t source : sources) {
            selected.push_back(sequences_.at(static_cast<std::size_t>(source)));
        }
        sequences_ = std::move(selected);
    }
    at::Tensor next(std::span<const int> tokens) override {
        std::vector<at::Tensor> rows;
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            sequences_[i].push_back(tokens[i]);
            rows.push_back(mixed(std::span(sequences_[i]).subspan(1), words_, seed_));
        }
        return at::stack(rows);
    }

  private:
    const WhisperVocabulary& words_;
    std::uint64_t seed_;
    std::vector<std::vector<int>> sequences_;
};

/// Says one thing, surely, whatever was said before; and that nobody speaks, if it is told to.
class Stubborn final : public NextToken {
  public:
    Stubborn(const WhisperVocabulary& words, std::vector<int> says, double margin, bool is_silent)
        : words_(words), says_(std::move(says)), margin_(margin), is_silent_(is_silent) {}
    at::Tensor begin(std::span<const int> tokens) override {
        at_ = 0;
        begun += 1;
        at::Tensor rows = at::zeros({static_cast<std::int64_t>(tokens.size()), words_.size()});
        rows[-1][says_.at(0)] = margin_;
        rows[0][words_.no_speech()] = is_silent_ ? 20.0 : 0.0;
        return rows;
    }
    void select(std::span<const std::int64_t> /*sources*/) override {}
    at::Tensor next(std::span<const int> tokens) override {
        at_ = std::min(at_ + 1, says_.size() - 1);
        at::Tensor rows = at::zeros({static_cast<std::int64_t>(tokens.size()), words_.size()});
        rows.select(1, says_[at_]).fill_(margin_);
        return rows;
    }
    int begun = 0; ///< how often it was asked anew

  private:
    const WhisperVocabulary& words_;
    std::vector<int> says_;
    double margin_;
    bool is_silent_;
    std::size_t at_ = 0;
};

/// [first, last] of each run of tokens that may follow.
json allowed(const at::Tensor& logits) {
    json runs = json::array();
    for (std::int64_t i = 0; i < logits.size(0); ++i) {
        if (std::isinf(logits[i].item<float>())) {
            continue;
        }
        if (!runs.empty() && runs.back().at(1) == i - 1) {
            runs.back().at(1) = i;
        } else {
            runs.push_back({i, i});
        }
    }
    return runs;
}

std::vector<float> tone() {
    std::vector<float> samples(8000);
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const double t = static_cast<double>(i) / 16000;
        samples[i] = static_cast<float>(
            0.5 * std::sin(2 * std::numbers::pi * (900 * t - 400 * t * t)) + (i == 4000) * 0.25);
    }
    return samples;
}

std::vector<int> begin_of(const WhisperVocabulary& words) {
    return {words.start(), words.language("de"), words.transcribe()};
}

} // namespace

TEST_CASE("Whisper's tokens are those of the authors' tokenizer") {
    const WhisperVocabulary words = vocabulary();
    CHECK(words.size() == fixture().at("size"));
    CHECK(words.suppressed() == fixture().at("suppressed").get<std::vector<int>>());
    CHECK(words.language("en") == words.start() + 1);
    CHECK(words.language("fr") == -1);
    for (const json& one : fixture().at("encoded")) {
        INFO(one.dump());
        CHECK(words.encoded(one.at(0).get<std::string>()) == one.at(1).get<std::vector<int>>());
    }
    for (const json& one : fixture().at("text")) {
        INFO(one.dump());
        CHECK(words.text(one.at(0).get<std::vector<int>>()) == one.at(1).get<std::string>());
    }
    CHECK(words.text(std::vector{words.time(0), 104, words.time(7)}) == "h");
    CHECK_THROWS_WITH(WhisperVocabulary("a\n?b\n", {}), Contains("base64"));
}

TEST_CASE("Whisper's mel spectrum is that of the authors' front end") {
    for (const json& expected : fixture().at("mel")) {
        const std::int64_t bins = expected.at("bins");
        const at::Tensor mel = whisper_log_mel(tone(), bins);
        REQUIRE(mel.size(0) == bins);
        REQUIRE(mel.size(1) == expected.at("columns"));
        const auto at = expected.at("at").get<std::vector<std::int64_t>>();
        for (std::size_t i = 0; i < at.size(); ++i) {
            const auto values = expected.at("values").at(i).get<std::vector<float>>();
            const at::Tensor found = mel.select(1, at[i]).slice(0, 0, bins, 7);
            const double error = (found - at::tensor(values)).abs().max().item<double>();
            INFO(bins << " bins, column " << at[i]);
            CHECK(error < 1e-4);
        }
        const auto peaks = expected.at("filters").get<std::vector<float>>();
        const at::Tensor found = whisper_mel_filters(bins).slice(0, 0, bins, 9).amax({1});
        CHECK(at::allclose(found, at::tensor(peaks), 1e-6, 0));
    }
}

TEST_CASE("Whisper's rules forbid what the authors' rules forbid") {
    const WhisperVocabulary words = vocabulary();
    const WhisperRules rules(words);
    for (const json& one : fixture().at("rules")) {
        const auto said = one.at("said").get<std::vector<int>>();
        const at::Tensor logits = mixed(said, words, one.at("seed").get<std::uint64_t>());
        rules.apply(logits, said);
        INFO(one.at("said").dump());
        CHECK(allowed(logits) == one.at("allowed"));
    }
}

TEST_CASE("Whisper's searches find what the authors' searches find") {
    const WhisperVocabulary words = vocabulary();
    const WhisperRules rules(words);
    for (const json& one : fixture().at("decoded")) {
        Mixed network(words, one.at("seed").get<std::uint64_t>());
        WhisperSearch search;
        search.beam = one.at("beam");
        search.most_tokens = 24;
        search.temperatures = {0};
        const WhisperTranscript found =
            transcript_of(network, begin_of(words), words, rules, search);
        INFO("seed " << one.at("seed") << ", beam " << one.at("beam"));
        CHECK(found.tokens == one.at("tokens").get<std::vector<int>>());
        CHECK(found.text == one.at("text").get<std::string>());
        CHECK(found.mean_log == Approx(one.at("mean_log").get<double>()).epsilon(1e-5));
        CHECK(found.no_speech == Approx(one.at("no_speech").get<double>()).epsilon(1e-4));
        CHECK(found.compression == Approx(one.at("compression").get<double>()));
    }
    for (const json& one : fixture().at("compression")) {
        CHECK(compression_of(one.at(0).get<std::string>()) == Approx(one.at(1).get<double>()));
    }
}

TEST_CASE("A transcript that passes the guards is taken at once, others are searched for again") {
    const WhisperVocabulary words = vocabulary();
    const WhisperRules rules(words);
    const WhisperSearch search;
    const auto run = [&](Stubborn network) {
        const WhisperTranscript found =
            transcript_of(network, begin_of(words), words, rules, search);
        return std::pair(found, network.begun);
    };
    const std::vector<int> hello{words.time(0), 104, 105, words.time(50), words.end()};
    const auto [good, once] = run({words, hello, 30, false});
    CHECK(once == 1);
    CHECK(good.text == "hi");
    CHECK(good.temperature == 0);
    CHECK_FALSE(good.is_silence);
    // Likely, though nobody speaks: it is speech.
    CHECK_FALSE(run({words, hello, 30, true}).first.is_silence);
    // Unlikely at every temperature.
    const auto [unlikely, often] = run({words, hello, 0.5, false});
    CHECK(often == 6);
    CHECK(unlikely.temperature == 1);
    CHECK(unlikely.mean_log < -1);
    CHECK_FALSE(unlikely.is_silence);
    // And nobody speaks.
    const auto [silence, tries] = run({words, hello, 0.5, true});
    CHECK(tries == 1);
    CHECK(silence.is_silence);
    // Sure of itself, and in a loop.
    std::vector<int> loop{words.time(0)};
    loop.insert(loop.end(), 150, 104);
    loop.insert(loop.end(), {words.time(50), words.end()});
    const auto [looping, again] = run({words, loop, 30, false});
    CHECK(again == 6);
    CHECK(looping.compression > 2.4);
}

TEST_CASE("Drawn transcripts are the same each time") {
    const WhisperVocabulary words = vocabulary();
    const WhisperRules rules(words);
    WhisperSearch search;
    search.temperatures = {0.8};
    const auto draw = [&](std::uint64_t seed) {
        Mixed network(words, 1);
        search.seed = seed;
        return transcript_of(network, begin_of(words), words, rules, search).tokens;
    };
    CHECK(draw(1) == draw(1));
    CHECK(draw(1) != draw(2));
}

TEST_CASE("Transcripts are cut where two times stand together") {
    constexpr int zero = 1000;
    const auto cut = [](const std::vector<int>& tokens, std::int64_t columns) {
        return segments_in(tokens, zero, columns);
    };
    // Two pieces, and nothing after them.
    WhisperSegments found = cut({zero, 1, 2, zero + 50, zero + 60, 3, zero + 100}, 3000);
    CHECK(found.done == 3000);
    REQUIRE(found.segments.size() == 2);
    CHECK(found.segments[0] == WhisperSegment{0, 50, {zero, 1, 2, zero + 50}});
    CHECK(found.segments[1] == WhisperSegment{60, 100, {zero + 60, 3, zero + 100}});
    // A piece that has no end is heard once more.
    found = cut({zero, 1, zero + 50, zero + 60, 3}, 3000);
    CHECK(found.done == 100);
    REQUIRE(found.segments.size() == 1);
    CHECK(found.segments[0].end == 50);
    // One piece: up to its time, or to the end.
    CHECK(cut({zero, 1, zero + 70}, 3000).segments.at(0).end == 70);
    CHECK(cut({zero, 1, zero + 70}, 3000).done == 3000);
    CHECK(cut({zero, 1}, 200).segments.at(0).end == 100);
    CHECK(cut({}, 200).segments.at(0).tokens.empty());
}

TEST_CASE("The time of a segment is split over its words") {
    const std::vector<Word> words = spread_words({"Schöne", "Welt"}, Rational(1), Rational(2), 0.5);
    REQUIRE(words.size() == 2);
    CHECK(words[0].start == Rational(1));
    CHECK(words[0].end == Rational(8, 5)); // ö is one character
    CHECK(words[1].start == Rational(8, 5));
    CHECK(words[1].end == Rational(2));
    CHECK(words[1].text == "Welt");
    CHECK(words[1].confidence == 0.5);
    CHECK(spread_words({}, Rational(1), Rational(2), 0.5).empty());
}
