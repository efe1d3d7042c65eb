#include "automatic.hpp"

#include "pipeline_choice.hpp"

#include <oldfilm/analysis.hpp>
#include <oldfilm/error.hpp>

#include <fmt/format.h>

namespace cli {
namespace {

using oldfilm::FilmFacts;

/// Whether the film is to be colorized as a preset says, not as a list of stages does.
bool asks_for_coloring(const RestoreArguments& arguments, const oldfilm::Pipeline& pipeline) {
    const bool has_preset = arguments.stages.empty() && arguments.pipeline_file.empty();
    return arguments.colorize == "auto" && has_preset && contains(pipeline, "colorize");
}

/// None of a stream, which can't be read twice, and of a film that can't be read: reading it says
/// why.
FilmFacts facts_of(const RestoreArguments& arguments) {
    if (arguments.input == "-" || arguments.input.find("://") != std::string::npos) {
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

Decisions decide(const RestoreArguments& arguments, const oldfilm::Pipeline& pipeline) {
    Decisions decisions;
    decisions.colorize = arguments.colorize != "off";
    if (asks_for_coloring(arguments, pipeline) &&
        facts_of(arguments).coloring == oldfilm::Coloring::tinted) {
        decisions.colorize = false;
        decisions.notes.push_back(fmt::format("{} is tinted or toned: it is not colorized "
                                              "(--colorize on colorizes it)",
                                              arguments.input));
    }
    return decisions;
}

} // namespace cli
