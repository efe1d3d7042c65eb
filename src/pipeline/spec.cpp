#include "pipeline/spec.hpp"

#include "base/sidecar.hpp"
#include "pipeline/regions.hpp"
#include "pipeline/shot_options.hpp"
#include "pipeline/values_json.hpp"
#include "stage/library.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

namespace oldfilm {
namespace {

using nlohmann::json;

/// What comes before the next comma, and is taken from `rest` with it. A backslash takes a comma's
/// or another backslash's meaning away.
std::string next_pair(std::string_view& rest) {
    std::string pair;
    while (!rest.empty()) {
        const bool escapes = rest.starts_with("\\,") || rest.starts_with("\\\\");
        const bool ends = rest.front() == ',';
        rest.remove_prefix(escapes ? 1 : 0);
        if (!ends) {
            pair += rest.front();
        }
        rest.remove_prefix(1);
        if (ends) {
            break;
        }
    }
    return pair;
}

StageSpec stage_from(const json& object, std::size_t number) {
    const std::string where = fmt::format("stages[{}]", number);
    if (!object.is_object() || !object.contains("id") || !object["id"].is_string()) {
        throw Error(
            Errc::invalid_argument,
            fmt::format("{} must be an object with an \"id\", found {}", where, object.dump()));
    }
    StageSpec spec;
    for (const auto& [key, value] : object.items()) {
        if (key == "id") {
            spec.id = value.get<std::string>();
        } else if (key == "parameters" && value.is_object()) {
            for (const auto& [name, given] : value.items()) {
                spec.parameters[name] =
                    value_from(given, fmt::format("{}.parameters.{}", where, name));
            }
        } else {
            throw Error(Errc::invalid_argument,
                        fmt::format("{} has \"{}\", expected \"id\" and \"parameters\" (an object)",
                                    where, key));
        }
    }
    return spec;
}

/// Whoever writes a document may name files beside it and below, and others only plainly.
void check_files(const PluginInfo& plugin, const ParameterValues& values) {
    for (const auto& [name, value] : values) {
        // Models are texts: some have a name of their own.
        const auto* text = std::get_if<std::string>(&value);
        const std::filesystem::path path(text == nullptr ? "" : *text);
        if (path.is_relative() && std::find(path.begin(), path.end(), "..") != path.end()) {
            throw Error(Errc::invalid_argument,
                        fmt::format("stage {}: \"{}\": \"{}\" leads out of the folder; a pipeline "
                                    "document must name such a file by its absolute path",
                                    plugin.name, name, path.string()));
        }
    }
}

/// What was given becomes what the table made of it, and files that were named are found in
/// `folder`. Only a value with a slash is a model's path, whatever the table calls it; one without
/// is a name, or the file beside a document that a parameter for files asks for.
void settle_values(CheckedStage& stage, const std::string& folder) {
    const std::vector<Parameter>& table = stage.plugin.parameters;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto given = stage.spec.parameters.find(table[i].name);
        if (given == stage.spec.parameters.end()) {
            continue;
        }
        given->second = stage.values[i];
        const auto* text = std::get_if<std::string>(&stage.values[i]);
        if (text == nullptr || text->empty()) {
            continue;
        }
        const std::string path = (std::filesystem::path(folder) / *text).string();
        if (table[i].type == ParameterType::file) {
            stage.values[i] = path;
        }
        const std::string& name = std::get<std::string>(stage.values[i]);
        if (name.find('/') != std::string::npos) {
            stage.files[name] = path;
        }
    }
}

void set_option(PipelineOptions& options, const std::string& key, const json& value) {
    if (key == "device" && value.is_string()) {
        options.device = value.get<std::string>();
    } else if (key == "precision" && value.is_string()) {
        options.precision = parse_precision(value.get<std::string>());
    } else if (key == "memory" && value.is_number_integer() && value.get<std::int64_t>() >= 0) {
        options.memory = value.get<std::int64_t>();
    } else if (key == "tile" && value.is_number_integer() && value >= 0 && value <= 1 << 16) {
        options.tile = value.get<int>();
    } else if (key == "regions" && value.is_array()) {
        options.regions = regions_from(value);
    } else if (!set_shots(options.shots, key, value)) {
        throw Error(
            Errc::invalid_argument,
            fmt::format(
                "the pipeline has \"{}\": {}, expected \"stages\" (an array), \"device\" and "
                "\"precision\" (text), \"memory\" (bytes), \"tile\" (pixels), \"shots\", "
                "\"cut_threshold\" (a number) or \"regions\" (an array)",
                key, value.dump()));
    }
}

} // namespace

StageSpec parse_stage(const std::string& text) {
    const auto colon = text.find(':');
    StageSpec spec;
    spec.id = text.substr(0, colon);
    if (spec.id.empty()) {
        throw Error(
            Errc::invalid_argument,
            fmt::format("expected a stage such as superres:scale=2,model=fidelity, found \"{}\"",
                        text));
    }
    std::string_view rest =
        colon == std::string::npos ? "" : std::string_view(text).substr(colon + 1);
    while (!rest.empty()) {
        const std::string pair = next_pair(rest);
        const auto equals = pair.find('=');
        if (equals == std::string::npos || equals == 0) {
            throw Error(Errc::invalid_argument,
                        fmt::format("stage {}: expected parameters as key=value, found \"{}\"; a "
                                    "comma that belongs to a value is written \\,",
                                    spec.id, pair));
        }
        const std::string name = pair.substr(0, equals);
        if (!spec.parameters.emplace(name, pair.substr(equals + 1)).second) {
            throw Error(Errc::invalid_argument,
                        fmt::format("stage {}: parameter \"{}\" is given twice; leave one out",
                                    spec.id, name));
        }
    }
    return spec;
}

Pipeline::Pipeline(PipelineOptions options) : impl_(std::make_unique<Impl>()) {
    impl_->options = std::move(options);
}
Pipeline::Pipeline(const Pipeline& other)
    : impl_(std::make_unique<Impl>(held(other.impl_, "pipeline"))) {}
Pipeline& Pipeline::operator=(const Pipeline& other) {
    if (this != &other) {
        impl_ = std::make_unique<Impl>(held(other.impl_, "pipeline"));
    }
    return *this;
}
Pipeline::Pipeline(Pipeline&&) noexcept = default;
Pipeline& Pipeline::operator=(Pipeline&&) noexcept = default;
Pipeline::~Pipeline() = default;

Pipeline Pipeline::from_json(const std::string& text, PipelineOptions options) {
    json document;
    try {
        document = json::parse(text);
    } catch (const json::exception& error) {
        throw Error(Errc::invalid_argument,
                    fmt::format("the pipeline is not JSON: {}", error.what()));
    }
    if (!document.is_object() || document.value("oldfilm", json()) != json(1) ||
        !document.contains("stages") || !document["stages"].is_array()) {
        throw Error(
            Errc::invalid_argument,
            "a pipeline must be a JSON object with \"oldfilm\": 1 and \"stages\": [...]; see docs");
    }
    std::vector<StageSpec> specs;
    for (const auto& [key, value] : document.items()) {
        if (key == "stages") {
            for (const json& stage : value) {
                specs.push_back(stage_from(stage, specs.size()));
            }
        } else if (key != "oldfilm") {
            set_option(options, key, value);
        }
    }
    Pipeline pipeline(std::move(options));
    for (StageSpec& spec : specs) {
        pipeline.add(std::move(spec));
        const CheckedStage& added = pipeline.impl_->stages.back();
        check_files(added.plugin, added.spec.parameters);
    }
    return pipeline;
}

/// A plugin that was installed since the folders were read is found, too.
PluginInfo Pipeline::Impl::plugin(const std::string& id) {
    for (const bool is_read : {plugins != nullptr, false}) {
        if (!is_read) {
            plugins =
                std::make_shared<const std::vector<PluginInfo>>(list_plugins(options.plugin_path));
        }
        const auto found =
            std::find_if(plugins->begin(), plugins->end(), [&id](const PluginInfo& plugin) {
                return base::has_id(plugin, id) && plugin.refused.empty();
            });
        if (found != plugins->end()) {
            return *found;
        }
    }
    return find_plugin(id, options.plugin_path); // says what there is
}

CheckedStage Pipeline::Impl::checked(StageSpec spec) {
    CheckedStage stage;
    if (spec.description != nullptr) {
        stage::check_description(*spec.description, "of the program itself");
        stage.plugin = base::info_of(*spec.description);
    } else {
        stage.plugin = plugin(spec.id);
    }
    stage.values = check_parameters(stage.plugin.name, stage.plugin.parameters, spec.parameters);
    stage.spec = std::move(spec);
    settle_values(stage, options.base_folder);
    return stage;
}

void Pipeline::Impl::check_number(std::size_t number) const {
    if (number >= stages.size()) {
        throw Error(Errc::invalid_argument, fmt::format("there is no stage {}; the pipeline has {}",
                                                        number, stages.size()));
    }
}

Pipeline& Pipeline::add(StageSpec stage) {
    return insert(held(impl_, "pipeline").stages.size(), std::move(stage));
}

Pipeline& Pipeline::insert(std::size_t position, StageSpec stage) {
    Impl& it = held(impl_, "pipeline");
    if (position > it.stages.size()) {
        throw Error(Errc::invalid_argument,
                    fmt::format("a stage can't come at {}; the pipeline has {}", position,
                                it.stages.size()));
    }
    CheckedStage checked = it.checked(std::move(stage));
    it.stages.insert(it.stages.begin() + static_cast<std::ptrdiff_t>(position), std::move(checked));
    return *this;
}

Pipeline& Pipeline::erase(std::size_t stage) {
    Impl& it = held(impl_, "pipeline");
    it.check_number(stage);
    it.stages.erase(it.stages.begin() + static_cast<std::ptrdiff_t>(stage));
    return *this;
}

Pipeline& Pipeline::set(std::size_t stage, const std::string& parameter, ParameterValue value) {
    Impl& it = held(impl_, "pipeline");
    it.check_number(stage);
    StageSpec spec = it.stages[stage].spec;
    spec.parameters[parameter] = std::move(value);
    it.stages[stage] = it.checked(std::move(spec));
    return *this;
}

Pipeline Pipeline::with_options(PipelineOptions options) const {
    Pipeline copy(*this);
    Impl& it = *copy.impl_;
    if (options.plugin_path != it.options.plugin_path) {
        it.plugins = nullptr;
    }
    it.options = std::move(options);
    return copy;
}

std::vector<StageSpec> Pipeline::stages() const {
    std::vector<StageSpec> specs;
    for (const CheckedStage& stage : held(impl_, "pipeline").stages) {
        specs.push_back(stage.spec);
    }
    return specs;
}
const PipelineOptions& Pipeline::options() const {
    return held(impl_, "pipeline").options;
}

std::string Pipeline::to_json() const {
    json stages = json::array();
    const Impl& it = held(impl_, "pipeline");
    for (const CheckedStage& stage : it.stages) {
        stages.push_back(
            {{"id", stage.plugin.id}, {"parameters", values_json(stage.spec.parameters)}});
    }
    json document{{"oldfilm", 1},
                  {"device", it.options.device},
                  {"precision", to_string(it.options.precision)},
                  {"memory", it.options.memory},
                  {"tile", it.options.tile},
                  {"stages", stages}};
    add_shots(document, it.options.shots);
    add_regions(document, it.options.regions);
    return document.dump(2);
}

} // namespace oldfilm
