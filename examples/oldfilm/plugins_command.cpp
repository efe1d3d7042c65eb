#include "plugins_command.hpp"

#include "file_kind.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/plugins.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

namespace cli {
namespace {

namespace fs = std::filesystem;
using oldfilm::Parameter;
using oldfilm::ParameterType;
using oldfilm::PluginInfo;

std::string shown(const oldfilm::ParameterValue& value) {
    struct Visitor {
        std::string operator()(bool v) const { return v ? "true" : "false"; }
        std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
        std::string operator()(double v) const { return fmt::format("{}", v); }
        std::string operator()(const std::string& v) const { return v.empty() ? "none" : v; }
    };
    return std::visit(Visitor{}, value);
}

std::string range_of(const Parameter& p) {
    switch (p.type) {
    case ParameterType::boolean:
        return "true or false";
    case ParameterType::integer:
    case ParameterType::number:
        return fmt::format("{} to {}{}{}", p.minimum, p.maximum, p.unit.empty() ? "" : " ", p.unit);
    case ParameterType::choice:
        return fmt::format("{}", fmt::join(p.choices, ", "));
    case ParameterType::file:
        return "a file";
    case ParameterType::text:
        break;
    }
    return "text";
}

void print_parameter(const Parameter& p) {
    fmt::print("  {}={}\n      {}\n      {}{}\n", p.name, shown(p.initial), p.help, range_of(p),
               p.live ? "; may change while running" : "");
}

void describe(const PluginInfo& plugin) {
    fmt::print("{} {} ({})\n{}\n\n", plugin.name, plugin.version, plugin.id, plugin.summary);
    fmt::print("library:  {}\nneeds:    {}\n", plugin.library,
               plugin.runtime.empty() ? "no LibTorch of its own" : "LibTorch " + plugin.runtime);
    if (!plugin.refused.empty()) {
        fmt::print("refused:  {}\n", plugin.refused);
        return;
    }
    fmt::print("\nparameters, with their defaults:\n");
    for (const Parameter& parameter : plugin.parameters) {
        print_parameter(parameter);
    }
}

/// A section of a manual: what `describe` says, less what differs from machine to machine.
void print_section(const PluginInfo& plugin) {
    fmt::print("## {}\n\n{}.\n\n| parameter | default | values | |\n|---|---|---|---|\n",
               plugin.name, plugin.summary);
    for (const Parameter& p : plugin.parameters) {
        fmt::print("| `{}` | `{}` | {} | {}{} |\n", p.name, shown(p.initial), range_of(p), p.help,
                   p.live ? "; may change while running" : "");
    }
    fmt::print("\n");
}

void print_one(const PluginInfo& plugin, const PluginsArguments& how) {
    if (how.markdown) {
        print_section(plugin);
    } else if (how.json) {
        const auto list = nlohmann::json::parse(oldfilm::to_json({plugin}));
        fmt::print("{}\n", list.at(0).dump(2));
    } else {
        describe(plugin);
    }
}

void print_all(const std::vector<PluginInfo>& plugins) {
    std::size_t width = 0;
    bool any_refused = false;
    for (const PluginInfo& plugin : plugins) {
        width = std::max(width, plugin.name.size());
        any_refused = any_refused || !plugin.refused.empty();
    }
    for (const PluginInfo& plugin : plugins) {
        if (plugin.refused.empty()) {
            fmt::print("{:{}}  {:8} {}\n", plugin.name, width, plugin.version, plugin.summary);
        }
    }
    if (any_refused) {
        fmt::print("\nrefused:\n");
    }
    for (const PluginInfo& plugin : plugins) {
        if (!plugin.refused.empty()) {
            fmt::print("{:{}}  {}\n{:{}}  {}\n", plugin.name, width, plugin.library, "", width,
                       plugin.refused);
        }
    }
}

} // namespace

int list_plugins(const PluginsArguments& arguments) {
    if (!arguments.id.empty()) {
        print_one(oldfilm::find_plugin(arguments.id, arguments.plugin_path), arguments);
        return done;
    }
    const std::vector<PluginInfo> plugins = oldfilm::list_plugins(arguments.plugin_path);
    if (arguments.json) {
        fmt::print("{}\n", oldfilm::to_json(plugins));
    } else if (arguments.markdown) {
        for (const PluginInfo& plugin : plugins) {
            if (plugin.refused.empty()) {
                print_section(plugin);
            }
        }
    } else if (plugins.empty()) {
        fmt::print("no plugins in {}\n",
                   fmt::join(oldfilm::plugin_path(arguments.plugin_path), ", "));
    } else {
        print_all(plugins);
    }
    return done;
}

bool is_library(const std::string& path) {
    return begins_with(path, "\x7f"
                             "ELF");
}

int inspect_plugin(const InspectArguments& arguments) {
    const fs::path library = fs::canonical(arguments.file);
    bool found = false, refused = false;
    for (const PluginInfo& plugin : oldfilm::list_plugins({library.parent_path().string()})) {
        std::error_code ignored;
        if (fs::equivalent(plugin.library, library, ignored)) {
            print_one(plugin,
                      {.id = {}, .json = arguments.json, .markdown = false, .plugin_path = {}});
            found = true;
            refused = refused || !plugin.refused.empty();
        }
    }
    if (!found) {
        throw oldfilm::Error(oldfilm::Errc::unreadable,
                             fmt::format("{} must be a stage plugin to be inspected, and it is a "
                                         "library of another kind",
                                         arguments.file));
    }
    return refused ? failed : done;
}

} // namespace cli
