#include "pipeline/spec.hpp"

#include "base/one_at_a_time.hpp"
#include "base/sidecar.hpp"
#include "stage/library.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

namespace oldfilm {
namespace {

using nlohmann::json;

/// Numbers and truth values become such; the parameter table has the last word later.
ParameterValue value_of(const std::string& text) {
    std::int64_t integer = 0;
    const char* end = text.data() + text.size();
    if (const auto [stop, status] = std::from_chars(text.data(), end, integer);
        status == std::errc() && stop == end) {
        return integer;
    }
    double number = 0;
    if (const auto [stop, status] = std::from_chars(text.data(), end, number);
        status == std::errc() && stop == end) {
        return number;
    }
    return text;
}

ParameterValue value_from(const json& value, const std::string& where) {
    if (value.is_boolean()) {
        return value.get<bool>();
    }
    if (value.is_number_integer()) {
        return value.get<std::int64_t>();
    }
    if (value.is_number()) {
        return value.get<double>();
    }
    if (value.is_string()) {
        return value.get<std::string>();
    }
    throw Error(
        Errc::invalid_argument,
        fmt::format("{} must be true, false, a number or text, found {}", where, value.dump()));
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

void set_option(PipelineOptions& options, const std::string& key, const json& value) {
    if (key == "device" && value.is_string()) {
        options.device = value.get<std::string>();
    } else if (key == "precision" && value.is_string()) {
        options.precision = parse_precision(value.get<std::string>());
    } else if (key == "memory" && value.is_number_integer() && value.get<std::int64_t>() >= 0) {
        options.memory = value.get<std::int64_t>();
    } else if (key == "tile" && value.is_number_integer() && value >= 0 && value <= 1 << 16) {
        options.tile = value.get<int>();
    } else {
        throw Error(
            Errc::invalid_argument,
            fmt::format(
                "the pipeline has \"{}\": {}, expected \"stages\" (an array), \"device\" and "
                "\"precision\" (text), \"memory\" (bytes) or \"tile\" (pixels)",
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
    std::string rest = colon == std::string::npos ? "" : text.substr(colon + 1);
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        const std::string pair = rest.substr(0, comma);
        rest = comma == std::string::npos ? "" : rest.substr(comma + 1);
        const auto equals = pair.find('=');
        if (equals == std::string::npos || equals == 0) {
            throw Error(Errc::invalid_argument,
                        fmt::format("stage {}: expected parameters as key=value, found \"{}\"",
                                    spec.id, pair));
        }
        spec.parameters[pair.substr(0, equals)] = value_of(pair.substr(equals + 1));
    }
    return spec;
}

json values_json(const ParameterValues& values) {
    json object = json::object();
    for (const auto& [name, value] : values) {
        object[name] = std::visit([](const auto& v) { return json(v); }, value);
    }
    return object;
}

Pipeline::Pipeline(PipelineOptions options) : impl_(std::make_unique<Impl>()) {
    impl_->options = std::move(options);
    impl_->options.log = base::one_at_a_time(impl_->options.log);
}
Pipeline::Pipeline(const Pipeline& other) : impl_(std::make_unique<Impl>(*other.impl_)) {}
Pipeline& Pipeline::operator=(const Pipeline& other) {
    if (this != &other) {
        impl_ = std::make_unique<Impl>(*other.impl_);
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

Pipeline& Pipeline::add(StageSpec spec) {
    CheckedStage stage;
    if (spec.description != nullptr) {
        stage::check_description(*spec.description, "of the program itself");
        stage.plugin = base::info_of(*spec.description);
    } else {
        stage.plugin = find_plugin(spec.id, impl_->options.plugin_path);
    }
    stage.values = check_parameters(stage.plugin.name, stage.plugin.parameters, spec.parameters);
    stage.spec = spec;
    impl_->specs.push_back(std::move(spec));
    impl_->stages.push_back(std::move(stage));
    return *this;
}

const std::vector<StageSpec>& Pipeline::stages() const noexcept {
    return impl_->specs;
}
const PipelineOptions& Pipeline::options() const noexcept {
    return impl_->options;
}

std::string Pipeline::to_json() const {
    json stages = json::array();
    for (const CheckedStage& stage : impl_->stages) {
        stages.push_back(
            {{"id", stage.plugin.id}, {"parameters", values_json(stage.spec.parameters)}});
    }
    return json{{"oldfilm", 1},
                {"device", impl_->options.device},
                {"precision", to_string(impl_->options.precision)},
                {"memory", impl_->options.memory},
                {"tile", impl_->options.tile},
                {"stages", stages}}
        .dump(2);
}

} // namespace oldfilm
