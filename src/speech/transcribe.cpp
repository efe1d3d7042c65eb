// A film's sound and title cards, as one transcript.
#include "base/checksum.hpp"
#include "speech/languages.hpp"
#include "speech/spoken_lines.hpp"
#include "speech/title_cards.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/media.hpp>
#include <oldfilm/sound.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

namespace oldfilm {
namespace {

using namespace speech;
using Choice = TranscribeOptions::Choice;

/// What of a film can be transcribed.
struct Contents {
    bool has_pictures = false, has_sound = false;
    std::string sound_language; ///< as tagged
};

/// A file without pictures may have sound. What is neither is refused as no film.
Contents contents_of(const std::string& path, const TranscribeOptions& options) {
    Contents found;
    SoundOptions sound;
    sound.protocols = options.protocols;
    try {
        found.sound_language = SoundReader(path, sound).language();
        found.has_sound = true;
    } catch (const Error& error) {
        if (error.code() == Errc::unsupported) {
            throw;
        }
    }
    ReadOptions read;
    read.protocols = options.protocols;
    try {
        const Reader film(path, read);
        found.has_pictures = true;
    } catch (const Error&) {
        if (!found.has_sound) {
            throw;
        }
    }
    return found;
}

/// What is asked for and not there.
void check(const std::string& path, const Contents& contents, const TranscribeOptions& options) {
    const bool wants_speech = options.speech != Choice::off;
    const bool wants_cards = options.cards != Choice::off;
    if (!wants_speech && !wants_cards) {
        throw Error(Errc::invalid_argument,
                    "a transcription is of speech, of title cards, or of both, and both are off");
    }
    if (!wants_cards && !contents.has_sound) {
        throw Error(Errc::not_found, fmt::format("{} has no sound, and title cards were left out; "
                                                 "there is nothing to transcribe",
                                                 path));
    }
    if (!wants_speech && !contents.has_pictures) {
        throw Error(Errc::not_found, fmt::format("{} has no pictures, and speech was left out; "
                                                 "there is nothing to transcribe",
                                                 path));
    }
}

std::string code_of(const std::string& language) {
    const Language* known = language_of(language);
    return known != nullptr ? known->code : language;
}

/// Empty: unknown before somebody is heard.
std::string chosen_language(const Contents& contents, const TranscribeOptions& options) {
    if (options.language.empty()) {
        return code_of(contents.sound_language);
    }
    if (language_of(options.language) == nullptr) {
        throw Error(Errc::invalid_argument,
                    fmt::format("a language is named by its code, such as en, de or fra, found "
                                "\"{}\"",
                                options.language));
    }
    return code_of(options.language);
}

/// What makes two transcriptions the same one.
nlohmann::json identity(const std::string& path, const TranscribeOptions& options,
                        const std::string& language) {
    constexpr std::int64_t looked_at = 1 << 20;
    std::error_code unknown;
    return {{"oldfilm", "transcript"},
            {"version", 1},
            {"bytes", std::filesystem::file_size(path, unknown)},
            {"checksum", fmt::format("{:016x}", base::file_checksum(path, looked_at))},
            {"language", language},
            {"engine", options.engine},
            {"detector", options.detector},
            {"clean", options.clean_sound}};
}

/// A film of which only one half can be transcribed by this build: that half, and a warning.
bool is_only_missing(const Error& error, const std::vector<Line>& others, const Log& log) {
    if (error.code() != Errc::unsupported || others.empty()) {
        return false;
    }
    log.warning(error.what());
    return true;
}

} // namespace

Transcript transcribe(const std::string& path, const TranscribeOptions& options) {
    const Contents contents = contents_of(path, options);
    check(path, contents, options);
    Transcript made;
    made.film = path;
    made.language = chosen_language(contents, options);
    Journal journal(options.journal, identity(path, options, made.language), options.log);
    if (options.cards != Choice::off && contents.has_pictures) {
        made.lines =
            read_title_cards(path, options, made.language.empty() ? "en" : made.language, journal);
    }
    if (options.speech != Choice::off && contents.has_sound) {
        try {
            const std::vector<Line> said = spoken_lines(path, options, made.language, journal);
            made.lines.insert(made.lines.end(), said.begin(), said.end());
        } catch (const Error& error) {
            if (!is_only_missing(error, made.lines, options.log)) {
                throw;
            }
        }
    }
    if (made.language.empty()) {
        made.language = journal.language().empty() ? "en" : journal.language();
    }
    std::stable_sort(made.lines.begin(), made.lines.end(),
                     [](const Line& a, const Line& b) { return a.start < b.start; });
    journal.remove();
    return made;
}

} // namespace oldfilm
