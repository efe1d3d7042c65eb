// A transcription as subtitles of a restoration.
#include "speech/languages.hpp"
#include "speech/subtitle_text.hpp"

#include <oldfilm/restore.hpp>
#include <oldfilm/speech.hpp>

#include <nlohmann/json.hpp>

#include <utility>

namespace oldfilm {
namespace {

using namespace speech;

/// What distinguishes one transcription of a film from another.
std::string settings_of(const TranscribeOptions& options) {
    using Choice = TranscribeOptions::Choice;
    return nlohmann::json{{"speech", options.speech != Choice::off},
                          {"cards", options.cards != Choice::off},
                          {"language", options.language},
                          {"engine", options.engine},
                          {"detector", options.detector},
                          {"clean_sound", options.clean_sound}}
        .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

SubtitleTrack subtitles_of(const Transcript& transcript) {
    const Language* language = language_of(transcript.language);
    SubtitleTrack track{language == nullptr ? "" : language->three, {}};
    for (const Line& line : transcript.lines) {
        track.cues.push_back({line.start, line.end, cue_text(line)});
    }
    return track;
}

} // namespace

Transcriber transcriber(TranscribeOptions options) {
    std::string settings = settings_of(options);
    return {std::move(settings),
            [options = std::move(options)](const Transcriber::Request& request) {
                TranscribeOptions own = options;
                own.journal = request.journal;
                own.log = request.log;
                own.stop = request.stop;
                return subtitles_of(transcribe(request.film, own));
            }};
}

} // namespace oldfilm
