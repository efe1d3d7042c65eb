#pragma once
/// \file
/// The speech of a film, and the text of its title cards, as subtitles. `oldfilm::speech` is a
/// library of its own; it uses Tesseract and PocketSphinx where it was built with them, and Whisper
/// where a package of it is installed.

#include <oldfilm/export.hpp>
#include <oldfilm/log.hpp>
#include <oldfilm/time.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace oldfilm {

struct Transcriber; // of restore.hpp

/// A word, and when it is spoken or shown, in seconds.
struct Word {
    std::string text; ///< UTF-8
    Rational start, end;
    double confidence = 0; ///< of the recognizer, in [0, 1]
};

/// Where a line comes from.
enum class LineSource : std::uint8_t {
    speech,     ///< recognized in the sound
    title_card, ///< read in the picture
};

/// One subtitle.
struct Line {
    LineSource source = LineSource::speech;
    Rational start, end; ///< in seconds, on the clock of `Reader`'s frames
    std::string text;    ///< UTF-8; rows are separated by "\n"
    std::vector<Word> words;
    double confidence = 0; ///< mean of the words'
    std::string speaker;   ///< name of who speaks; empty if unknown
};

struct Transcript {
    std::string film;     ///< the path as given
    std::string language; ///< BCP 47, such as "en"; empty if unknown
    std::vector<Line> lines;
};

/// Names of the sources, as in JSON: "speech", "title_card".
OLDFILM_API const char* to_string(LineSource source);

// Files.

enum class SubtitleFormat : std::uint8_t {
    srt,    ///< SubRip
    webvtt, ///< WebVTT (W3C)
    ttml,   ///< Timed Text Markup Language 2 (W3C), the profile IMSC 1.1 Text
    json,   ///< everything that a `Transcript` holds
};

/// The format of a name ("srt", "vtt" or "webvtt", "ttml", "json"), or of the extension of a path
/// (.xml too). Throws `Error` (invalid_argument), naming the formats.
OLDFILM_API SubtitleFormat subtitle_format(const std::string& name_or_path);
/// The text of a file in `format`, UTF-8. Times are rounded to milliseconds.
OLDFILM_API std::string subtitles_in(SubtitleFormat format, const Transcript& transcript);
/// Writes such a file, which has its name only when it is complete and synced. Throws `Error`:
/// invalid_argument if the file exists and `overwrite` is false; io.
OLDFILM_API void write_subtitles(const std::string& path, SubtitleFormat format,
                                 const Transcript& transcript, bool overwrite = false);

// Engines.

/// Turns speech into words. Not thread-safe: use it on one thread at a time.
class OLDFILM_API Recognizer {
  public:
    virtual ~Recognizer();
    /// Words of an utterance: mono samples at 16 kHz, nominally in [-1, 1], at most 30 seconds.
    /// Times count from its first sample. Throws `Error`, and cancelled after a stop request.
    virtual std::vector<Word> recognize(std::span<const float> samples,
                                        const std::stop_token& stop) = 0;
    /// The language that it recognizes, as in `Transcript`. Empty: none was given, and none has
    /// been detected yet.
    [[nodiscard]] virtual std::string language() const = 0;
};

/// Finds where somebody speaks. For one sound; not thread-safe.
class OLDFILM_API SpeechDetector {
  public:
    static constexpr std::size_t step = 512; ///< samples for each probability: 32 ms at 16 kHz
    virtual ~SpeechDetector();
    /// The next mono samples at 16 kHz, nominally in [-1, 1]: a multiple of `step`, but at the end.
    virtual void add(std::span<const float> samples) = 0;
    /// After the end of the sound: the probability of speech in each step, in [0, 1].
    virtual std::vector<float> probabilities() = 0;
};

/// `engine`: as `TranscribeOptions::engine`. `language`: ISO 639 or BCP 47; empty: detected in the
/// sound, or English where the engine cannot do that. Throws `Error`: unsupported (unknown, not in
/// this build, not installed, or not for this language), and as `Model::open` does.
OLDFILM_API std::unique_ptr<Recognizer> make_recognizer(const std::string& engine,
                                                        const std::string& language);
/// `name`: as `TranscribeOptions::detector`. Throws `Error` as `Model::open` does, and
/// invalid_argument.
OLDFILM_API std::unique_ptr<SpeechDetector> make_speech_detector(const std::string& name);

struct TranscribeOptions {
    enum class Choice : std::uint8_t { automatic, off };
    Choice speech = Choice::automatic; ///< recognize the sound, if there is any
    Choice cards = Choice::automatic;  ///< read title cards, if there are any
    /// ISO 639 or BCP 47, such as "en" or "deu". Empty: that of the film's tags; else speech is
    /// in the language that the engine detects, or English, and title cards are in English.
    std::string language;
    /// "pocketsphinx", which is built in; "whisper", the installed package of that name; or another
    /// model package for speech-recognition: its name, such as "whisper-large-v3", or its path.
    /// Empty: whisper if it is installed and knows the language, else pocketsphinx.
    std::string engine;
    /// "spectral", which is built in, or a model package for speech-activity: its name, such as
    /// "silero-vad", or its path. Empty: silero-vad if it is installed, else "spectral".
    std::string detector;
    bool clean_sound = false; ///< as `SoundOptions::clean`
    /// File that remembers what is found, so that a later call with the same film and options goes
    /// on where this one stopped. Removed at the end. Empty: none.
    std::string journal;
    std::vector<std::string> protocols; ///< as in `ReadOptions`
    /// Called on the calling thread with the part that is done, in [0, 1], and -1 if unknown.
    std::function<void(const char* step, double part)> progress;
    std::stop_token stop;
    Log log; ///< receives warnings, such as cards that cannot be read
};

/// The speech and the title cards of the film `path`: speech is found, segmented and recognized;
/// title cards are found (`FilmAnalyzer`), averaged over their frames, and read. Lines are in order
/// of their start. Empty if there are none. Thread-safe.
///
/// Throws `Error`: as `Reader` and `SoundReader`; not_found where the film has neither the sound
/// nor the pictures that are asked for; unsupported for a language or an engine that this build
/// does not have; io for the journal; cancelled.
OLDFILM_API Transcript transcribe(const std::string& path, const TranscribeOptions& options = {});

/// `transcribe` for `RestoreOptions::transcribe`: subtitles go into the output of `restore`.
/// Speakers precede their words. `options.journal`, `options.stop` and `options.log` are replaced
/// by those of the job.
OLDFILM_API Transcriber transcriber(TranscribeOptions options = {});

/// Engines of this build, and those that are installed, for messages: "Tesseract 5.3.0",
/// "PocketSphinx", "Whisper".
OLDFILM_API std::vector<std::string> speech_engines();

} // namespace oldfilm
