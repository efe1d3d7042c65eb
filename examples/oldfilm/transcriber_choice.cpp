#include "transcriber_choice.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/pipeline.hpp>

#include <fmt/format.h>

#include <utility>
#include <variant>

namespace cli {
namespace {

using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::TranscribeOptions;

/// Whether the setting `name` is `one`, and not `other`.
bool is_first(const std::string& name, const std::string& value, const char* one,
              const char* other) {
    if (value != one && value != other) {
        throw Error(Errc::invalid_argument, fmt::format("--transcribe: {} must be {} or {}, found "
                                                        "\"{}\"",
                                                        name, one, other, value));
    }
    return value == one;
}

TranscribeOptions::Choice choice_in(const std::string& name, const std::string& value) {
    static_cast<void>(is_first(name, value, "auto", "off"));
    return choice_of(value);
}

void set(TranscribeOptions& options, const std::string& name, const std::string& value) {
    if (name == "language") {
        options.language = value;
    } else if (name == "engine") {
        options.engine = value;
    } else if (name == "detector") {
        options.detector = value;
    } else if (name == "speech") {
        options.speech = choice_in(name, value);
    } else if (name == "cards") {
        options.cards = choice_in(name, value);
    } else if (name == "clean-sound") {
        options.clean_sound = is_first(name, value, "on", "off");
    } else {
        throw Error(Errc::invalid_argument,
                    fmt::format("--transcribe takes language, speech, cards, engine, detector and "
                                "clean-sound, found \"{}\"; see oldfilm transcribe --help",
                                name));
    }
}

/// `text` is "auto", or settings as the parameters of a stage.
TranscribeOptions options_in(const std::string& text) {
    TranscribeOptions options;
    if (text != "auto") {
        for (const auto& [name, value] : oldfilm::parse_stage("transcribe:" + text).parameters) {
            set(options, name, std::get<std::string>(value));
        }
    }
    return options;
}

} // namespace

TranscribeOptions::Choice choice_of(const std::string& text) {
    return text == "off" ? TranscribeOptions::Choice::off : TranscribeOptions::Choice::automatic;
}

std::optional<oldfilm::Transcriber> transcriber_for(const RestoreArguments& arguments,
                                                    ProgressView& view) {
    if (arguments.transcribe.empty()) {
        return std::nullopt;
    }
    TranscribeOptions options = options_in(arguments.transcribe);
    options.protocols = arguments.protocols;
    options.progress = [&view](const char* step, double part) { view.step(step, part); };
    return oldfilm::transcriber(std::move(options));
}

} // namespace cli
