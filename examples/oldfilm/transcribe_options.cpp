#include "transcribe_options.hpp"

#include <CLI/CLI.hpp>

namespace cli {
namespace {

constexpr const char* transcribe_footer = R"(Examples:
  oldfilm transcribe film.mkv -o film.srt
  oldfilm transcribe stummfilm.mkv -o cards.vtt --language de
  oldfilm transcribe newsreel.mp4 -o newsreel.json --cards off --clean-sound
A transcription that was stopped is resumed by the same command.
Exit status: 0 done, 1 failed or nothing found (no file is written), 2 wrong usage, 130 interrupted.)";

} // namespace

void add_transcribe_options(CLI::App& app, TranscribeArguments& a, std::string& progress) {
    app.footer(transcribe_footer);
    app.add_option("FILM", a.film, "The film, or a file with sound alone")->required();
    app.add_option("-o,--output", a.output, "The subtitles; default: FILM's name with .srt")
        ->type_name("FILE");
    app.add_option("--format", a.format, "srt, vtt, ttml or json; default: by FILE's extension")
        ->check(CLI::IsMember({"srt", "vtt", "ttml", "json"}))
        ->type_name("NAME");
    app.add_option("--language", a.language,
                   "Of the speech and the title cards: a code such as en, de or fra; default: that "
                   "of the film's tags, else detected (whisper) or English")
        ->type_name("CODE");
    app.add_option("--speech", a.speech, "Recognize speech: auto (if there is sound) or off")
        ->check(CLI::IsMember({"auto", "off"}))
        ->type_name("HOW");
    app.add_option("--cards", a.cards, "Read title cards: auto (if there are any) or off")
        ->check(CLI::IsMember({"auto", "off"}))
        ->type_name("HOW");
    app.add_option("--engine", a.engine,
                   "The recognizer: pocketsphinx, or a model such as whisper; default: whisper if "
                   "it is installed and knows the language")
        ->type_name("NAME|FILE");
    app.add_option("--detector", a.detector,
                   "Finds speech: spectral, or a model such as silero-vad; default: silero-vad if "
                   "it is installed")
        ->type_name("NAME|FILE");
    app.add_flag("--clean-sound", a.clean_sound, "Filter hum, crackle and hiss of optical sound");
    app.add_flag("--overwrite", a.overwrite, "Replace an existing output");
    app.add_flag("--fresh", a.fresh, "Forget what a stopped run has left");
    app.add_option("--progress", progress, "auto, bar, json (lines on standard error), none")
        ->check(CLI::IsMember({"auto", "bar", "json", "none"}))
        ->type_name("HOW");
    app.add_option("--protocols", a.protocols,
                   "Protocols of FFmpeg that the film may come by, such as https,tls,tcp")
        ->delimiter(',')
        ->type_name("NAMES");
}

} // namespace cli
