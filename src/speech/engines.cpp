// Which engines there are, by name and language.
#include "speech/card_reader.hpp"
#include "speech/installed_package.hpp"
#include "speech/languages.hpp"
#include "speech/network_detector.hpp"
#include "speech/pocketsphinx_recognizer.hpp"
#include "speech/spectral_detector.hpp"
#include "speech/whisper_recognizer.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/speech.hpp>

#include <fmt/format.h>

namespace oldfilm {

using namespace speech;

namespace {

constexpr const char* whisper = "whisper";
constexpr const char* how_to_import =
    "import a checkpoint of Whisper that its authors publish: oldfilm models add whisper FILE";

/// Throws `Error` (unsupported) for other languages than English.
std::unique_ptr<Recognizer> make_english_pocketsphinx(const std::string& language) {
    if (!language.empty() && language != "en") {
        throw Error(Errc::unsupported,
                    fmt::format("speech in the language \"{}\" is recognized by Whisper, and "
                                "PocketSphinx, which is here, recognizes English (en) alone; {}; "
                                "or leave speech out to read title cards only",
                                language, how_to_import));
    }
    return make_pocketsphinx();
}

} // namespace

std::unique_ptr<Recognizer> make_recognizer(const std::string& engine,
                                            const std::string& language) {
    const Language* wanted = language_of(language);
    const std::string code = wanted != nullptr ? wanted->code : language;
    if (engine == "pocketsphinx") {
        return make_english_pocketsphinx(code);
    }
    const std::string package = installed_package(engine.empty() ? whisper : engine);
    if (engine.empty() && (package.empty() || !whisper_knows(package, code))) {
        return make_english_pocketsphinx(code);
    }
    if (package.empty()) {
        throw Error(Errc::unsupported,
                    fmt::format("speech is recognized by pocketsphinx, an installed model for "
                                "speech-recognition or the path of one, found \"{}\"; see oldfilm "
                                "models list, or {}",
                                engine, how_to_import));
    }
    return std::make_unique<WhisperRecognizer>(package, code);
}

std::unique_ptr<SpeechDetector> make_speech_detector(const std::string& name) {
    if (name == "spectral") {
        return make_spectral_detector();
    }
    const std::string package = installed_package(name.empty() ? "silero-vad" : name);
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
    if (!installed_package(whisper).empty()) {
        names.emplace_back("Whisper");
    }
    return names;
}

} // namespace oldfilm
