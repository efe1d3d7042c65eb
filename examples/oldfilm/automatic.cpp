#include "automatic.hpp"

#include <oldfilm/analysis.hpp>
#include <oldfilm/error.hpp>

#include <fmt/format.h>

namespace cli {
namespace {

using oldfilm::FilmFacts;

/// Whether the film is to be colorized as a preset says, not as a list of stages does.
bool asks_for_coloring(const RestoreArguments& arguments) {
    const bool has_preset = arguments.stages.empty() && arguments.pipeline_file.empty();
    return arguments.colorize == "auto" && has_preset &&
           (arguments.preset.empty() || arguments.preset == "silent-film");
}

/// A film that is only copied stays as it is.
bool is_copied(const RestoreArguments& arguments) {
    return arguments.stages.size() == 1 && arguments.stages.front() == "none";
}

bool asks_for_fields(const RestoreArguments& arguments) {
    return arguments.deinterlace == "auto" && arguments.preset != "tv-archive" &&
           !is_copied(arguments);
}

FilmFacts facts_of(const RestoreArguments& arguments) {
    const bool is_stream =
        arguments.input == "-" || arguments.input.find("://") != std::string::npos;
    if (is_stream || (!asks_for_fields(arguments) && !asks_for_coloring(arguments))) {
        return {};
    }
    oldfilm::AnalysisOptions options;
    options.stop = arguments.stop;
    options.read.missing = oldfilm::MissingPictures::hold;
    if (!asks_for_coloring(arguments)) {
        options.places = options.frames = 1; // fields have a sample of their own
    }
    try {
        return oldfilm::analyze_film(arguments.input, options);
    } catch (const oldfilm::Error& error) {
        if (error.code() == oldfilm::Errc::cancelled) {
            throw;
        }
        return {};
    }
}

} // namespace

Decisions decide(const RestoreArguments& arguments) {
    Decisions decisions;
    decisions.deinterlace = arguments.deinterlace == "on" || arguments.preset == "tv-archive";
    decisions.colorize = arguments.colorize != "off";
    const FilmFacts film = facts_of(arguments);
    if (asks_for_fields(arguments) && film.fields != oldfilm::FieldOrder::progressive) {
        decisions.deinterlace = true;
        decisions.notes.push_back(fmt::format(
            "{} is combed, {} field first: it is {} (--deinterlace=off restores it as it is)",
            arguments.input, film.fields == oldfilm::FieldOrder::top_first ? "top" : "bottom",
            film.telecined ? "brought back to the film's own frames" : "deinterlaced"));
    }
    if (asks_for_coloring(arguments) && film.coloring == oldfilm::Coloring::tinted) {
        decisions.colorize = false;
        decisions.notes.push_back(fmt::format("{} is tinted or toned: it is not colorized "
                                              "(--colorize on colorizes it)",
                                              arguments.input));
    }
    return decisions;
}

} // namespace cli
