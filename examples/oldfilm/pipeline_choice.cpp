#include "pipeline_choice.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace cli {
namespace {

using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::Pipeline;
using oldfilm::PipelineOptions;
using oldfilm::StageSpec;

bool is(const StageSpec& stage, const std::string& name) {
    return stage.id == name || stage.id == "org.oldfilm." + name;
}

std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) {
        throw Error(Errc::not_found,
                    fmt::format("the pipeline document {} cannot be read; check the path", path));
    }
    return text;
}

} // namespace

PipelineOptions pipeline_options(const RestoreArguments& arguments) {
    PipelineOptions options;
    options.device = arguments.device;
    options.precision = oldfilm::parse_precision(arguments.precision);
    options.memory = arguments.memory;
    options.tile = arguments.tile;
    options.optimize = !arguments.no_optimize;
    if (arguments.profile || !arguments.profile_file.empty()) {
        options.profile = std::make_shared<oldfilm::Profile>(!arguments.profile_file.empty());
    }
    if (arguments.shots == "none") {
        options.shots.source = oldfilm::ShotOptions::Source::none;
    }
    options.shots.cut_threshold = arguments.cut_threshold.value_or(options.shots.cut_threshold);
    options.plugin_path = arguments.plugin_path;
    return options;
}

void set_shot_list(oldfilm::ShotOptions& options, const std::string& shots,
                   const oldfilm::Rational& rate) {
    if (!shots.empty() && shots != "auto" && shots != "none") {
        options.source = oldfilm::ShotOptions::Source::list;
        options.first_frames = oldfilm::read_shot_list(shots, rate);
    }
}

namespace {

/// A document's own settings hold where the command line says nothing.
PipelineOptions merged(PipelineOptions document, const RestoreArguments& arguments,
                       const PipelineOptions& given) {
    if (!arguments.shots.empty() || arguments.cut_threshold) {
        document.shots = given.shots;
    }
    if (given.device != "auto") {
        document.device = given.device;
    }
    if (given.precision != oldfilm::Precision::automatic) {
        document.precision = given.precision;
    }
    if (given.memory != 0) {
        document.memory = given.memory;
    }
    document.profile = given.profile;
    document.optimize = given.optimize;
    if (given.tile != 0) {
        document.tile = given.tile;
    }
    return document;
}

/// Sets a parameter of the stage `name`, which is put before the first of `later` (or last) when
/// the list lacks it.
void set(Pipeline& pipeline, const std::string& name, const std::string& parameter,
         oldfilm::ParameterValue value, const std::vector<std::string>& later) {
    const std::vector<StageSpec> stages = pipeline.stages();
    const auto place_of = [&stages](const std::vector<std::string>& names) {
        const auto place =
            std::find_if(stages.begin(), stages.end(), [&names](const StageSpec& stage) {
                return std::any_of(names.begin(), names.end(),
                                   [&](const std::string& one) { return is(stage, one); });
            });
        return static_cast<std::size_t>(place - stages.begin());
    };
    std::size_t place = place_of({name});
    if (place == stages.size()) {
        place = place_of(later);
        pipeline.insert(place, StageSpec{name, {}, nullptr});
    }
    pipeline.set(place, parameter, std::move(value));
}

/// Replaces the size into which a preset or a document enlarges the film.
void set_scale(Pipeline& pipeline, double scale) {
    set(pipeline, "superres", "scale", scale, {"face-enhance", "interpolate"});
    const std::vector<StageSpec> stages = pipeline.stages();
    for (std::size_t i = 0; i < stages.size(); ++i) {
        if (is(stages[i], "superres") && stages[i].parameters.contains("fit")) {
            pipeline.set(i, "fit", std::string());
        }
    }
}

Pipeline listed(const RestoreArguments& arguments, const PipelineOptions& options) {
    const auto& names = arguments.stages;
    if (names.size() == 1 && names.front() == "none") {
        if (arguments.scale || !arguments.fps.empty()) {
            throw Error(Errc::invalid_argument,
                        "--stage none copies the film as it is, and --scale and --fps change it; "
                        "leave one of them out");
        }
        return Pipeline(options);
    }
    Pipeline pipeline(options);
    for (const std::string& name : names) {
        if (name == "none") {
            throw Error(Errc::invalid_argument,
                        "--stage none stands alone; leave it out to run the other stages");
        }
        pipeline.add(name);
    }
    return pipeline;
}

Pipeline base(const RestoreArguments& arguments, const PipelineOptions& options) {
    if (!arguments.stages.empty()) {
        return listed(arguments, options);
    }
    if (!arguments.pipeline_file.empty()) {
        PipelineOptions plain;
        plain.plugin_path = options.plugin_path;
        plain.base_folder = std::filesystem::path(arguments.pipeline_file).parent_path().string();
        return Pipeline::from_json(text_of(arguments.pipeline_file), plain);
    }
    return Pipeline::preset(arguments.preset.empty() ? "silent-film" : arguments.preset, options);
}

} // namespace

bool contains(const Pipeline& pipeline, const std::string& name) {
    const std::vector<StageSpec> stages = pipeline.stages();
    return std::any_of(stages.begin(), stages.end(),
                       [&](const StageSpec& stage) { return is(stage, name); });
}

void leave_out(Pipeline& pipeline, const std::string& name) {
    const std::vector<StageSpec> stages = pipeline.stages();
    for (std::size_t i = stages.size(); i > 0; --i) {
        if (is(stages[i - 1], name)) {
            pipeline.erase(i - 1);
        }
    }
}

Pipeline chosen_pipeline(const RestoreArguments& arguments) {
    const PipelineOptions options = pipeline_options(arguments);
    Pipeline chosen = base(arguments, options);
    if (arguments.scale) {
        set_scale(chosen, *arguments.scale);
    }
    if (!arguments.fps.empty()) {
        set(chosen, "interpolate", "fps", arguments.fps, {});
    }
    return chosen.with_options(merged(chosen.options(), arguments, options));
}

} // namespace cli
