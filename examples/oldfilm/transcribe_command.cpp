#include "commands.hpp"
#include "exit_status.hpp"
#include "progress_view.hpp"
#include "restore_setup.hpp"
#include "transcriber_choice.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/speech.hpp>

#include <fmt/format.h>

#include <filesystem>
#include <string>

namespace cli {
namespace {

namespace fs = std::filesystem;
using oldfilm::Errc;
using oldfilm::Error;

std::string output_of(const TranscribeArguments& arguments) {
    if (!arguments.output.empty()) {
        return arguments.output;
    }
    const std::string extension = arguments.format.empty() ? "srt" : arguments.format;
    return fs::path(arguments.film).replace_extension(extension).string();
}

/// Before the work begins, and not after hours of it.
void check_output(const std::string& output, bool overwrite) {
    std::error_code unknown;
    const fs::path folder = fs::path(output).parent_path();
    if (!folder.empty() && !fs::is_directory(folder, unknown)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the output's folder {} does not exist; create it, or name another",
                                folder.string()));
    }
    if (fs::is_directory(output, unknown)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the output {} is a folder; name a file", output));
    }
    if (!overwrite && fs::exists(output, unknown)) {
        throw Error(Errc::invalid_argument,
                    fmt::format("{} exists; name another output, or add --overwrite", output));
    }
}

oldfilm::TranscribeOptions options_of(const TranscribeArguments& arguments,
                                      const std::string& output, ProgressView& view) {
    oldfilm::TranscribeOptions options;
    options.speech = choice_of(arguments.speech);
    options.cards = choice_of(arguments.cards);
    options.language = arguments.language;
    options.engine = arguments.engine;
    options.detector = arguments.detector;
    options.clean_sound = arguments.clean_sound;
    options.journal = output + ".oldfilm-transcript";
    options.protocols = arguments.protocols;
    options.stop = arguments.stop;
    options.log = [&view](oldfilm::LogLevel level, std::string_view text) {
        view.message(level, text);
    };
    options.progress = [&view](const char* step, double part) { view.step(step, part); };
    return options;
}

/// What was looked for and is not there.
[[noreturn]] void refuse_nothing(const TranscribeArguments& arguments, const std::string& output) {
    const char* what = arguments.speech == "off"  ? "no title cards were found"
                       : arguments.cards == "off" ? "no speech was recognized"
                                                  : "no speech was recognized, and no title cards "
                                                    "were found";
    throw Error(Errc::not_found,
                fmt::format("{}: {}; {} was not written", arguments.film, what, output));
}

int run(const TranscribeArguments& arguments, ProgressView& view) {
    const std::string output = output_of(arguments);
    const oldfilm::SubtitleFormat format =
        oldfilm::subtitle_format(arguments.format.empty() ? output : arguments.format);
    check_output(output, arguments.overwrite);
    const oldfilm::TranscribeOptions options = options_of(arguments, output, view);
    if (arguments.fresh) {
        std::error_code ignored;
        fs::remove(options.journal, ignored);
    }
    const oldfilm::Transcript transcript = oldfilm::transcribe(arguments.film, options);
    if (transcript.lines.empty()) {
        refuse_nothing(arguments, output);
    }
    oldfilm::write_subtitles(output, format, transcript, arguments.overwrite);
    view.done(transcript.lines.size(), output);
    return done;
}

} // namespace

int transcribe(const TranscribeArguments& arguments) {
    ProgressView view(arguments.progress);
    return guarded(view, status_of, [&] { return run(arguments, view); });
}

} // namespace cli
