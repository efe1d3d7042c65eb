#include "base/sidecar.hpp"

#include <oldfilm/error.hpp>
#include <oldfilm/plugins.hpp>

#include <dlfcn.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace oldfilm {
namespace {

namespace fs = std::filesystem;

/// The folder of this library's own file, so that an installed tree can be moved.
fs::path own_folder() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&runtime_tag), &info) == 0 ||
        info.dli_fname == nullptr) {
        return {};
    }
    std::error_code ignored;
    return fs::weakly_canonical(info.dli_fname, ignored).parent_path();
}

/// Plugins are code: a folder that others may write to would let them run theirs.
std::string why_unsafe(const fs::path& folder) {
    if (!folder.is_absolute()) {
        return "it is not an absolute path, and nothing is loaded from the working directory; name "
               "it in full";
    }
    struct stat status {};
    if (stat(folder.c_str(), &status) == 0 && (status.st_mode & S_IWOTH) != 0) {
        return "others may write to this folder, and plugins are code; take that right away with "
               "chmod o-w";
    }
    return "";
}

PluginInfo refused(const fs::path& library, const std::string& reason) {
    PluginInfo plugin;
    plugin.id = library.stem().string();
    plugin.name = plugin.id;
    plugin.library = library.string();
    plugin.refused = reason;
    return plugin;
}

std::vector<PluginInfo> plugins_of(const fs::path& library) {
    const fs::path sidecar_path = fs::path(library).replace_extension(".json");
    if (!fs::exists(sidecar_path)) {
        return {refused(
            library,
            fmt::format("its sidecar {} is missing; build the plugin with oldfilm_add_stage, "
                        "which writes it",
                        sidecar_path.filename().string()))};
    }
    try {
        base::Sidecar sidecar = base::read_sidecar(sidecar_path.string());
        for (PluginInfo& plugin : sidecar.plugins) {
            plugin.library = library.string();
            plugin.refused =
                base::why_refused(sidecar.abi_major, sidecar.abi_minor, plugin.runtime);
        }
        return sidecar.plugins;
    } catch (const Error& error) {
        return {refused(library, error.what())};
    }
}

void append_folder(const fs::path& folder, std::vector<PluginInfo>& found) {
    std::error_code failed;
    if (!fs::is_directory(folder, failed)) {
        return;
    }
    if (const std::string reason = why_unsafe(folder); !reason.empty()) {
        found.push_back(refused(folder, reason));
        return;
    }
    std::vector<fs::path> libraries;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
        if (entry.path().extension() == ".so") {
            libraries.push_back(entry.path());
        }
    }
    std::sort(libraries.begin(), libraries.end()); // the same list on every file system
    for (const fs::path& library : libraries) {
        for (PluginInfo& plugin : plugins_of(library)) {
            const bool hidden =
                std::any_of(found.begin(), found.end(), [&](const PluginInfo& earlier) {
                    return earlier.id == plugin.id && earlier.refused.empty();
                });
            if (!hidden) {
                found.push_back(std::move(plugin));
            }
        }
    }
}

/// Appends the folders in an environment variable, separated by colons. An empty one would be the
/// working directory.
void append_folders(const char* variable, std::vector<std::string>& path) {
    if (const char* given = std::getenv(variable)) {
        std::istringstream folders(given);
        for (std::string folder; std::getline(folders, folder, ':');) {
            if (!folder.empty()) {
                path.push_back(folder);
            }
        }
    }
}

} // namespace

const char* runtime_tag() noexcept {
    return OLDFILM_RUNTIME_TAG;
}
const char* version() noexcept {
    return OLDFILM_VERSION;
}

std::vector<std::string> plugin_path(const std::vector<std::string>& extra) {
    std::vector<std::string> path = extra;
    append_folders("OLDFILM_PLUGIN_PATH", path);
    const fs::path own = own_folder();
    for (const fs::path& folder : {own / "oldfilm" / "plugins", own.parent_path() / "plugins"}) {
        if (fs::is_directory(folder)) {
            path.push_back(folder.string());
            break;
        }
    }
    std::vector<std::string> unique;
    for (std::string& folder : path) {
        if (std::find(unique.begin(), unique.end(), folder) == unique.end()) {
            unique.push_back(std::move(folder));
        }
    }
    return unique;
}

std::vector<std::string> model_path() {
    std::vector<std::string> path;
    append_folders("OLDFILM_MODEL_PATH", path);
    // By the XDG base directory specification, which takes absolute paths only.
    if (const char* data = std::getenv("XDG_DATA_HOME"); data != nullptr && *data == '/') {
        path.push_back((fs::path(data) / "oldfilm/models").string());
    }
    if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
        path.push_back((fs::path(home) / ".local/share/oldfilm/models").string());
    }
    return path;
}

std::vector<PluginInfo> list_plugins(const std::vector<std::string>& extra) {
    std::vector<PluginInfo> found;
    for (const std::string& folder : plugin_path(extra)) {
        append_folder(folder, found);
    }
    return found;
}

PluginInfo find_plugin(const std::string& id, const std::vector<std::string>& extra) {
    std::vector<std::string> names;
    std::string reason;
    for (PluginInfo& plugin : list_plugins(extra)) {
        const bool matches = base::has_id(plugin, id);
        if (matches && plugin.refused.empty()) {
            return std::move(plugin);
        }
        if (matches && reason.empty()) {
            reason = fmt::format("the plugin {} ({}) is refused: {}", id, plugin.library,
                                 plugin.refused);
        }
        if (plugin.refused.empty()) {
            names.push_back(plugin.name);
        }
    }
    if (!reason.empty()) {
        throw Error(Errc::incompatible, reason);
    }
    throw Error(
        Errc::not_found,
        fmt::format("there is no stage \"{}\"; there is {} (searched: {})", id,
                    names.empty() ? "none at all" : fmt::format("{}", fmt::join(names, ", ")),
                    fmt::join(plugin_path(extra), ", ")));
}

std::string to_json(const std::vector<PluginInfo>& plugins) {
    nlohmann::json list = nlohmann::json::array();
    for (const PluginInfo& plugin : plugins) {
        nlohmann::json object = base::to_json(plugin);
        object["library"] = plugin.library;
        object["refused"] = plugin.refused;
        list.push_back(std::move(object));
    }
    return list.dump(2);
}

} // namespace oldfilm
