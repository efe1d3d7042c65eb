// Which engines there are, by name and language.
#include "speech/card_reader.hpp"
#include "speech/languages.hpp"
#include "speech/network_detector.hpp"
#include "speech/pocketsphinx_recognizer.hpp"
#include "speech/spectral_detector.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/speech.hpp>

#include <fmt/format.h>

namespace oldfilm {

using namespace speech;

Recognizer::~Recognizer() = default;
SpeechDetector::~SpeechDetector() = default;

std::unique_ptr<Recognizer> make_recognizer(const std::string& engine,
                                            const std::string& language) {
    if (!engine.empty() && engine != "pocketsphinx") {
        throw Error(
            Errc::unsupported,
            fmt::format("speech is recognized by the engine pocketsphinx, found \"{}\"", engine));
    }
    const Language* wanted = language_of(language.empty() ? "en" : language);
    if (wanted == nullptr || std::string(wanted->code) != "en") {
        throw Error(Errc::unsupported,
                    fmt::format("speech is recognized in English (en), found \"{}\"; leave speech "
                                "out to read title cards only",
                                language));
    }
    return make_pocketsphinx();
}

std::unique_ptr<SpeechDetector> make_speech_detector(const std::string& name) {
    if (name == "spectral") {
        return make_spectral_detector();
    }
    const std::string package = detector_package(name.empty() ? "silero-vad" : name);
    if (!package.empty()) {
        return make_network_detector(package);
    }
    if (name.empty()) {
        return make_spectral_detector();
    }
    throw Error(Errc::invalid_argument,
                fmt::format("speech is found by \"spectral\", an installed model for "
                            "speech-activity or the path of one, found \"{}\"; see oldfilm models "
                            "list, or install one: oldfilm models add silero-vad",
                            name));
}

std::vector<std::string> speech_engines() {
    std::vector<std::string> names;
    if (const std::string reader = card_reader_name(); !reader.empty()) {
        names.push_back(reader);
    }
    if (has_pocketsphinx()) {
        names.emplace_back("PocketSphinx");
    }
    return names;
}

} // namespace oldfilm
