#include "functions.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>
#include <utility>

namespace vsplugin {
namespace {

using oldfilm::ParameterType;

/// What all functions have in addition to the clip. arguments.cpp reads them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> common{{
    {"device", "data"},
    {"precision", "data"},
    {"memory", "int"},
    {"tile", "int"},
    {"shots", "data"},
    {"first_frames", "int[]"},
    {"cut_threshold", "float"},
    {"mask", "int"},
    {"plugin_path", "data[]"},
}};

std::string identifier(std::string name) {
    std::replace_if(
        name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
    const bool taken =
        name == "clip" || std::any_of(common.begin(), common.end(),
                                      [&](const auto& one) { return one.first == name; });
    return taken || name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) != 0
               ? "stage_" + name
               : name;
}

/// "scratch-removal" is ScratchRemoval.
std::string function_name(std::string_view stage) {
    std::string name;
    bool begins = true;
    for (const unsigned char c : stage) {
        if (std::isalnum(c) == 0) {
            begins = true;
            continue;
        }
        name += static_cast<char>(begins ? std::toupper(c) : c);
        begins = false;
    }
    return name;
}

std::string_view type_of(ParameterType type) {
    switch (type) {
    case ParameterType::boolean:
    case ParameterType::integer:
        return "int";
    case ParameterType::number:
        return "float";
    case ParameterType::text:
    case ParameterType::choice:
    case ParameterType::file:
        break;
    }
    return "data";
}

void append(std::string& signature, std::string_view name, std::string_view type) {
    signature.append(name).append(":").append(type).append(":opt;");
}

} // namespace

std::string Function::signature() const {
    std::string text = "clip:vnode;";
    if (stage.empty()) {
        append(text, "stages", "data[]");
        append(text, "preset", "data");
    }
    for (const StageArgument& argument : arguments) {
        append(text, argument.name, type_of(argument.type));
    }
    for (const auto& [argument, type] : common) {
        append(text, argument, type);
    }
    return text;
}

std::vector<Function> functions_for(const std::vector<oldfilm::PluginInfo>& stages) {
    std::vector<Function> functions{{.name = "Restore", .stage = "", .arguments = {}}};
    for (const oldfilm::PluginInfo& stage : stages) {
        Function function{.name = function_name(stage.name), .stage = stage.id, .arguments = {}};
        const bool known =
            std::any_of(functions.begin(), functions.end(),
                        [&](const Function& one) { return one.name == function.name; });
        if (!stage.refused.empty() || known) {
            continue;
        }
        for (const oldfilm::Parameter& parameter : stage.parameters) {
            function.arguments.push_back({.name = identifier(parameter.name),
                                          .parameter = parameter.name,
                                          .type = parameter.type});
        }
        functions.push_back(std::move(function));
    }
    return functions;
}

} // namespace vsplugin
