#include "arguments.hpp"

#include <oldfilm/error.hpp>

#include <algorithm>

namespace vsplugin {

using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::ShotOptions;

NodePtr Arguments::clip() const {
    return NodePtr(api_->mapGetNode(in_, "clip", 0, nullptr), {api_});
}

bool Arguments::mask() const {
    return has("mask") && integer("mask") != 0;
}

bool Arguments::has(const std::string& name) const {
    return api_->mapNumElements(in_, name.c_str()) > 0;
}

std::int64_t Arguments::integer(const std::string& name) const {
    return api_->mapGetInt(in_, name.c_str(), 0, nullptr);
}

double Arguments::number(const std::string& name) const {
    return api_->mapGetFloat(in_, name.c_str(), 0, nullptr);
}

std::string Arguments::text(const std::string& name, int index) const {
    const char* data = api_->mapGetData(in_, name.c_str(), index, nullptr);
    const int size = api_->mapGetDataSize(in_, name.c_str(), index, nullptr);
    return {data, static_cast<std::size_t>(size)};
}

std::vector<std::string> Arguments::texts(const std::string& name) const {
    std::vector<std::string> all;
    for (int i = 0; i < api_->mapNumElements(in_, name.c_str()); ++i) {
        all.push_back(text(name, i));
    }
    return all;
}

oldfilm::PipelineOptions Arguments::options() const {
    oldfilm::PipelineOptions options;
    if (has("device")) {
        options.device = text("device");
    }
    if (has("precision")) {
        options.precision = oldfilm::parse_precision(text("precision"));
    }
    if (has("memory")) {
        options.memory = std::clamp<std::int64_t>(integer("memory"), 0, 1 << 30) << 20; // in MiB
    }
    if (has("tile")) {
        options.tile = static_cast<int>(std::clamp<std::int64_t>(integer("tile"), 0, 1 << 20));
    }
    options.shots.source = ShotOptions::Source::none;
    options.plugin_path = texts("plugin_path");
    return options;
}

oldfilm::StageSpec Arguments::stage(const Function& function) const {
    oldfilm::StageSpec spec;
    spec.id = function.stage;
    for (const StageArgument& argument : function.arguments) {
        if (!has(argument.name)) {
            continue;
        }
        oldfilm::ParameterValue& value = spec.parameters[argument.parameter];
        switch (argument.type) {
        case oldfilm::ParameterType::boolean:
            value = integer(argument.name) != 0;
            break;
        case oldfilm::ParameterType::integer:
            value = integer(argument.name);
            break;
        case oldfilm::ParameterType::number:
            value = number(argument.name);
            break;
        case oldfilm::ParameterType::text:
        case oldfilm::ParameterType::choice:
        case oldfilm::ParameterType::file:
            value = text(argument.name);
            break;
        }
    }
    return spec;
}

oldfilm::Pipeline Arguments::pipeline(const Function& function, oldfilm::Log log) const {
    oldfilm::PipelineOptions chosen = options();
    chosen.log = std::move(log);
    if (!function.stage.empty()) {
        oldfilm::Pipeline pipeline(std::move(chosen));
        pipeline.add(stage(function));
        return pipeline;
    }
    oldfilm::Pipeline pipeline = has("preset")
                                     ? oldfilm::Pipeline::preset(text("preset"), std::move(chosen))
                                     : oldfilm::Pipeline(std::move(chosen));
    for (const std::string& stage : texts("stages")) {
        pipeline.add(stage);
    }
    if (pipeline.stages().empty()) {
        throw Error(Errc::invalid_argument,
                    "stages or a preset are needed, such as stages=[\"scratch-removal\", "
                    "\"superres:scale=2\"] or preset=\"newsreel\", and neither was found");
    }
    return pipeline;
}

std::pair<ShotMap::Source, ShotOptions> Arguments::shots(const oldfilm::Rational& rate) const {
    ShotOptions options;
    if (has("cut_threshold")) {
        options.cut_threshold = number("cut_threshold");
    }
    if (has("first_frames")) {
        if (has("shots")) {
            throw Error(Errc::invalid_argument, "first_frames and shots both say where shots "
                                                "begin; pass only one of them");
        }
        options.source = ShotOptions::Source::list;
        for (int i = 0; i < api_->mapNumElements(in_, "first_frames"); ++i) {
            options.first_frames.push_back(api_->mapGetInt(in_, "first_frames", i, nullptr));
        }
        return {ShotMap::Source::list, options};
    }
    const std::string source = has("shots") ? text("shots") : "auto";
    if (source == "auto") {
        return {ShotMap::Source::pictures, options};
    }
    if (source == "props") {
        return {ShotMap::Source::properties, options};
    }
    options.source = ShotOptions::Source::none;
    if (source != "none") {
        options.source = ShotOptions::Source::list;
        options.first_frames = oldfilm::read_shot_list(source, rate);
    }
    return {ShotMap::Source::list, options};
}

} // namespace vsplugin
