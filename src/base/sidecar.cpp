#include "base/sidecar.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <utility>

namespace oldfilm::base {
namespace {

using nlohmann::json;

constexpr std::array<const char*, 6> type_names{"boolean", "integer", "number",
                                                "text",    "choice",  "file"};

json value_json(const ParameterValue& value) {
    return std::visit([](const auto& v) { return json(v); }, value);
}

/// A whole number that fits T: nlohmann's own get converts 1e119 to an int, which nothing defines.
template <typename T>
T whole(const json& value) {
    const bool fits = value.is_number_unsigned() ? std::in_range<T>(value.get<std::uint64_t>())
                                                 : value.is_number_integer() &&
                                                       std::in_range<T>(value.get<std::int64_t>());
    if (!fits) {
        throw Error(Errc::unreadable,
                    fmt::format("{} is not a whole number in range", value.dump()));
    }
    return value.get<T>();
}

ParameterValue value_from(ParameterType type, const json& value) {
    switch (type) {
    case ParameterType::boolean:
        return value.get<bool>();
    case ParameterType::integer:
        return whole<std::int64_t>(value);
    case ParameterType::number:
        return value.get<double>();
    default:
        return value.get<std::string>();
    }
}

json parameter_json(const Parameter& p) {
    json row{{"name", p.name},
             {"type", type_names.at(static_cast<std::size_t>(p.type))},
             {"default", value_json(p.initial)},
             {"help", p.help},
             {"live", p.live}};
    if (!p.unit.empty()) {
        row["unit"] = p.unit;
    }
    if (p.type == ParameterType::integer || p.type == ParameterType::number) {
        row["minimum"] = p.minimum;
        row["maximum"] = p.maximum;
    }
    if (p.type == ParameterType::choice) {
        row["choices"] = p.choices;
    }
    return row;
}

Parameter parameter_from(const json& row) {
    Parameter p;
    p.name = row.at("name").get<std::string>();
    const auto type = row.at("type").get<std::string>();
    bool known = false;
    for (std::size_t i = 0; i < type_names.size(); ++i) {
        if (type == type_names.at(i)) {
            p.type = static_cast<ParameterType>(i);
            known = true;
        }
    }
    if (!known) {
        throw Error(Errc::unreadable,
                    fmt::format("parameter \"{}\" has the unknown type \"{}\"", p.name, type));
    }
    p.initial = value_from(p.type, row.at("default"));
    p.help = row.value("help", "");
    p.unit = row.value("unit", "");
    p.live = row.value("live", false);
    p.minimum = row.value("minimum", 0.0);
    p.maximum = row.value("maximum", 0.0);
    p.choices = row.value("choices", std::vector<std::string>{});
    return p;
}

PluginInfo plugin_from(const json& object) {
    PluginInfo plugin;
    plugin.id = object.at("id").get<std::string>();
    plugin.name = object.at("name").get<std::string>();
    plugin.version = object.at("version").get<std::string>();
    plugin.summary = object.value("summary", "");
    plugin.runtime = object.value("runtime", "");
    for (const json& row : object.at("parameters")) {
        plugin.parameters.push_back(parameter_from(row));
    }
    return plugin;
}

Parameter parameter_of(const oldfilm_parameter& row) {
    Parameter p;
    p.name = row.name;
    p.type = static_cast<ParameterType>(row.type);
    switch (p.type) {
    case ParameterType::boolean:
        p.initial = row.initial.integer != 0;
        break;
    case ParameterType::integer:
        p.initial = row.initial.integer;
        break;
    case ParameterType::number:
        p.initial = row.initial.number;
        break;
    default:
        p.initial = std::string(row.initial.text == nullptr ? "" : row.initial.text);
    }
    p.minimum = row.minimum;
    p.maximum = row.maximum;
    for (const char* const* choice = row.choices; choice != nullptr && *choice != nullptr;
         ++choice) {
        p.choices.emplace_back(*choice);
    }
    p.unit = row.unit == nullptr ? "" : row.unit;
    p.help = row.help == nullptr ? "" : row.help;
    p.live = (row.flags & OLDFILM_LIVE) != 0;
    return p;
}

} // namespace

json to_json(const PluginInfo& plugin) {
    json parameters = json::array();
    for (const Parameter& p : plugin.parameters) {
        parameters.push_back(parameter_json(p));
    }
    return {{"id", plugin.id},           {"name", plugin.name},       {"version", plugin.version},
            {"summary", plugin.summary}, {"runtime", plugin.runtime}, {"parameters", parameters}};
}

PluginInfo info_of(const oldfilm_plugin_description& description) {
    PluginInfo plugin;
    plugin.id = description.id;
    plugin.name = description.name;
    plugin.version = description.version;
    plugin.summary = description.summary == nullptr ? "" : description.summary;
    plugin.runtime = description.runtime == nullptr ? "" : description.runtime;
    for (std::uint32_t i = 0; i < description.parameter_count; ++i) {
        plugin.parameters.push_back(parameter_of(*description.parameters[i]));
    }
    return plugin;
}

std::string sidecar_json(const std::vector<const oldfilm_plugin_description*>& descriptions) {
    json plugins = json::array();
    // The library is refused as a whole: by the newest version that one of its plugins needs.
    std::pair<std::uint32_t, std::uint32_t> abi{descriptions.empty() ? OLDFILM_ABI_MAJOR : 0, 0};
    for (const oldfilm_plugin_description* description : descriptions) {
        abi = std::max(abi, {description->abi_major, description->abi_minor});
        plugins.push_back(to_json(info_of(*description)));
    }
    return json{{"oldfilm_sidecar", 1}, {"abi", {abi.first, abi.second}}, {"plugins", plugins}}
               .dump(2) +
           "\n";
}

Sidecar read_sidecar(const std::string& path) {
    std::ifstream file(path);
    return parse_sidecar(std::string{std::istreambuf_iterator<char>(file), {}}, path);
}

Sidecar parse_sidecar(std::string_view text, const std::string& path) {
    try {
        const json document = json::parse(text);
        if (whole<int>(document.at("oldfilm_sidecar")) != 1) {
            throw Error(Errc::unreadable, "the sidecar's version is not 1");
        }
        Sidecar sidecar;
        sidecar.abi_major = whole<unsigned>(document.at("abi").at(0));
        sidecar.abi_minor = whole<unsigned>(document.at("abi").at(1));
        for (const json& plugin : document.at("plugins")) {
            sidecar.plugins.push_back(plugin_from(plugin));
        }
        return sidecar;
    } catch (const std::exception& error) {
        throw Error(
            Errc::unreadable,
            fmt::format(
                "the sidecar {} does not describe plugins ({}); build the plugin again with "
                "oldfilm_add_stage",
                path, error.what()));
    }
}

std::string why_refused(AbiVersion plugin, AbiVersion host) {
    if (plugin.major == host.major && plugin.minor <= host.minor) {
        return "";
    }
    return fmt::format("it needs plugin ABI {}.{}, and this oldfilm has {}.0 to {}.{}; {}",
                       plugin.major, plugin.minor, host.major, host.major, host.minor,
                       plugin.major == host.major
                           ? "use a newer oldfilm, or build it with a lower OLDFILM_PLUGIN_MINOR"
                           : "build it again with this oldfilm's headers");
}

std::string why_refused(unsigned abi_major, unsigned abi_minor, const std::string& runtime) {
    if (const std::string why =
            why_refused({abi_major, abi_minor}, {OLDFILM_ABI_MAJOR, OLDFILM_ABI_MINOR});
        !why.empty()) {
        return why;
    }
    if (!runtime.empty() && runtime != runtime_tag()) {
        return fmt::format(
            "it was built for LibTorch {}, and this oldfilm runs {}; build it again with that "
            "LibTorch, or without one",
            runtime, runtime_tag());
    }
    return "";
}

} // namespace oldfilm::base
