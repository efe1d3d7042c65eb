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

FilmFacts facts_of(const RestoreArguments& arguments) {
    const bool is_stream =
        arguments.input == "-" || arguments.input.find("://") != std::string::npos;
    if (is_stream || !asks_for_coloring(arguments)) {
        return {};
    }
    oldfilm::AnalysisOptions options;
    options.stop = arguments.stop;
    options.read.missing = oldfilm::MissingPictures::hold;
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
    decisions.colorize = arguments.colorize != "off";
    const FilmFacts film = facts_of(arguments);
    if (asks_for_coloring(arguments) && film.coloring == oldfilm::Coloring::tinted) {
        decisions.colorize = false;
        decisions.notes.push_back(fmt::format("{} is tinted or toned: it is not colorized "
                                              "(--colorize on colorizes it)",
                                              arguments.input));
    }
    return decisions;
}

} // namespace cli
