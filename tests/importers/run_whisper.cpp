// Runs a Whisper package as the recognizer does, and writes what each step gives: the comparison
// with the authors' code in Python (whisper_parity.py) reads it.
#include "speech/whisper_decoding.hpp"
#include "speech/whisper_mel.hpp"
#include "speech/whisper_network.hpp"
#include "speech/whisper_recognizer.hpp"
#include "speech/whisper_rules.hpp"

#include <oldfilm/speech.hpp>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using namespace oldfilm::speech;
using nlohmann::json;

std::vector<float> samples_in(const char* path) {
    std::vector<float> samples(std::filesystem::file_size(path) / sizeof(float));
    std::ifstream file(path, std::ios::binary);
    file.read(reinterpret_cast<char*>(samples.data()),
              static_cast<std::streamsize>(samples.size() * sizeof(float)));
    return samples;
}

/// As tensors.py reads them.
void write(std::ofstream& file, const at::Tensor& tensor) {
    const at::Tensor flat = tensor.contiguous();
    const auto put = [&](const void* data, std::size_t bytes) {
        file.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
    };
    const std::int64_t dimensions = flat.dim();
    put(&dimensions, sizeof dimensions);
    put(flat.sizes().data(), flat.sizes().size() * sizeof(std::int64_t));
    put(flat.const_data_ptr<float>(), static_cast<std::size_t>(flat.numel()) * sizeof(float));
}

std::vector<int> first_tokens(const WhisperNetwork& network, const std::string& language) {
    const WhisperVocabulary& words = network.vocabulary();
    return network.is_multilingual()
               ? std::vector{words.start(), words.language(language), words.transcribe()}
               : std::vector{words.start()};
}

json transcript(WhisperNetwork& network, const std::string& language, int beam,
                std::vector<double> temperatures) {
    WhisperSearch search;
    search.beam = beam;
    search.most_tokens = network.most_tokens();
    search.temperatures = std::move(temperatures);
    const WhisperRules rules(network.vocabulary());
    const WhisperTranscript found = transcript_of(network, first_tokens(network, language),
                                                  network.vocabulary(), rules, search);
    return {{"tokens", found.tokens},           {"text", found.text},
            {"mean_log", found.mean_log},       {"no_speech", found.no_speech},
            {"compression", found.compression}, {"silence", found.is_silence},
            {"temperature", found.temperature}};
}

/// Words, with what was searched for at temperature 0 taken as it is.
json recognized(const char* package, const std::string& language,
                const std::vector<float>& samples) {
    WhisperSearch search;
    search.temperatures = {0};
    search.most_silence = 2;
    WhisperRecognizer recognizer(package, language, search);
    json words = json::array();
    for (const oldfilm::Word& word : recognizer.recognize(samples, {})) {
        words.push_back({word.text, word.start.value(), word.end.value(), word.confidence});
    }
    return {{"words", std::move(words)}, {"language", recognizer.language()}};
}

void run(const char* package, const char* sound, const char* tensors, const std::string& language) {
    const std::vector<float> samples = samples_in(sound);
    WhisperNetwork network(package);
    const at::Tensor whole = whisper_log_mel(samples, network.bins());
    const at::Tensor mel = at::constant_pad_nd(
        whole.slice(1, 0, whole.size(1) - whisper_window).slice(1, 0, whisper_window),
        {0, std::max<std::int64_t>(0, 2 * whisper_window - whole.size(1))});
    std::ofstream file(tensors, std::ios::binary);
    write(file, whole);
    write(file, network.listen(mel, {}));
    write(file, network.begin(first_tokens(network, language)));
    json said{{"suppressed", network.vocabulary().suppressed()},
              {"greedy", transcript(network, language, 1, {0})},
              {"beam", transcript(network, language, 5, {0})},
              {"drawn", transcript(network, language, 5, {0.7})},
              {"given", recognized(package, language, samples)},
              {"detected", recognized(package, "", samples)}};
    std::cout << said.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
}

} // namespace

int main(int argc, char** argv) try {
    if (argc != 5) {
        std::cerr << "usage: run_whisper PACKAGE SOUND.f32 TENSORS LANGUAGE\n";
        return 2;
    }
    run(argv[1], argv[2], argv[3], argv[4]);
    return 0;
} catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
