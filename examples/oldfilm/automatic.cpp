#include "automatic.hpp"

#include "file_kind.hpp"
#include "pipeline_choice.hpp"

#include <oldfilm/analysis.hpp>
#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace cli {
namespace {

using oldfilm::FilmFacts;

/// Lists of stages are used as given.
bool has_preset(const RestoreArguments& arguments) {
    return arguments.stages.empty() && arguments.pipeline_file.empty();
}

/// What can't be read twice: a pipe, or what lies behind a protocol.
bool is_stream(const std::string& input) {
    return is_pipe(input) || input.find("://") != std::string::npos;
}

/// None of a stream, which can't be read twice, and of a film that can't be read: reading it says
/// why.
FilmFacts facts_of(const RestoreArguments& arguments) {
    if (is_stream(arguments.input)) {
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

bool has_tint(const FilmFacts& facts) {
    return std::any_of(facts.shots.begin(), facts.shots.end(),
                       [](const auto& shot) { return shot.coloring == oldfilm::Coloring::tinted; });
}

/// Grain can be given back where it was measured shot by shot.
void check_grain(const RestoreArguments& arguments) {
    if (arguments.grain &&
        (!has_preset(arguments) || arguments.by_shot == "off" || is_stream(arguments.input))) {
        throw oldfilm::Error(oldfilm::Errc::invalid_argument,
                             "--grain gives back the grain that is measured in each shot, which "
                             "needs a preset, a file and --by-shot auto; otherwise add "
                             "--stage grain:sigma=... with the strength that you want");
    }
}

/// Sides that chroma of any format can be cut at.
oldfilm::FrameArea with_even_sides(const oldfilm::ActiveArea& area) {
    const std::int64_t left = area.left + area.left % 2;
    const std::int64_t top = area.top + area.top % 2;
    return {.left = left,
            .top = top,
            .width = (area.left + area.width - left) / 2 * 2,
            .height = (area.top + area.height - top) / 2 * 2};
}

/// The picture inside bars or the film gate.
void decide_crop(const RestoreArguments& arguments, const FilmFacts& facts, Decisions& decisions) {
    if (facts.width == 0 ||
        (facts.area.width == facts.width && facts.area.height == facts.height)) {
        decisions.notes.push_back(
            fmt::format("{} has no borders: nothing is cropped", arguments.input));
        return;
    }
    const oldfilm::FrameArea area = with_even_sides(facts.area);
    decisions.crop = area;
    decisions.notes.push_back(fmt::format("{} is cropped from {} x {} to {} x {} at {}, {}",
                                          arguments.input, facts.width, facts.height, area.width,
                                          area.height, area.left, area.top));
}

void check_crop(const RestoreArguments& arguments) {
    if (arguments.crop_borders && is_stream(arguments.input)) {
        throw oldfilm::Error(oldfilm::Errc::invalid_argument,
                             "--crop-borders looks for borders before the film is read, which "
                             "needs a file; store the film in one first");
    }
}

} // namespace

Decisions decide(const RestoreArguments& arguments, const oldfilm::Pipeline& pipeline) {
    Decisions decisions;
    check_grain(arguments);
    check_crop(arguments);
    decisions.grain = arguments.grain;
    decisions.colorize = arguments.colorize != "off";
    decisions.clean_cards = has_preset(arguments) && arguments.by_shot != "off" &&
                            !is_stream(arguments.input) && contains(pipeline, "stabilize");
    const bool asks_colorize =
        has_preset(arguments) && arguments.colorize == "auto" && contains(pipeline, "colorize");
    const bool asks_tint =
        has_preset(arguments) && arguments.tint != "off" && !contains(pipeline, "tint");
    if (!arguments.crop_borders && !asks_colorize && !asks_tint) {
        return decisions;
    }
    const FilmFacts facts = facts_of(arguments);
    if (arguments.crop_borders) {
        decide_crop(arguments, facts, decisions);
    }
    if (asks_colorize && facts.coloring == oldfilm::Coloring::tinted) {
        decisions.colorize = false;
        decisions.notes.push_back(fmt::format("{} is tinted or toned: it is not colorized "
                                              "(--colorize on colorizes it)",
                                              arguments.input));
    }
    // Colors are measured shot by shot. What is to be colorized everywhere gets no tint back.
    decisions.remove_tint =
        asks_tint && has_tint(facts) && (arguments.tint == "remove" || arguments.by_shot != "off");
    decisions.give_tint_back = decisions.remove_tint && arguments.tint != "remove" &&
                               !(arguments.colorize == "on" && contains(pipeline, "colorize"));
    if (decisions.remove_tint) {
        decisions.notes.push_back(
            fmt::format("tinted shots of {} are restored as monochrome{}", arguments.input,
                        decisions.give_tint_back
                            ? ", and given their tint back (--tint off restores them in color)"
                            : ""));
    }
    return decisions;
}

void apply(const Decisions& decisions, oldfilm::Pipeline& pipeline) {
    if (!decisions.colorize) {
        leave_out(pipeline, "colorize");
    }
    if (decisions.clean_cards) {
        // Behind what steadies the film, and before what would treat each frame alone.
        const auto stages = pipeline.stages();
        const auto place = std::find_if(stages.begin(), stages.end(), [](const auto& stage) {
            return stage.id == "stabilize" || stage.id == "org.oldfilm.stabilize";
        });
        pipeline.insert(static_cast<std::size_t>(place - stages.begin()) + 1,
                        oldfilm::StageSpec{"title-card", {}, nullptr});
    }
    if (decisions.remove_tint) {
        pipeline.insert(0, oldfilm::StageSpec{"tint", {{"mode", "remove"}}, nullptr});
    }
    if (decisions.give_tint_back) {
        pipeline.add(oldfilm::StageSpec{"tint", {}, nullptr});
    }
    if (decisions.grain) {
        pipeline.add(oldfilm::StageSpec{"grain", {{"amount", *decisions.grain}}, nullptr});
    }
}

std::vector<std::string> decided_by_shot(const RestoreArguments& arguments) {
    if (arguments.by_shot == "off" || !has_preset(arguments)) {
        return {};
    }
    std::vector<std::string> stages{"interpolate", "face-enhance", "tint", "title-card", "grain"};
    if (arguments.colorize == "auto") {
        stages.emplace_back("colorize");
    }
    return stages;
}

} // namespace cli
