#pragma once
/// \file
/// The JSON file beside a plugin library: the library's description, readable without loading it.
/// {"oldfilm_sidecar": 1, "abi": [2, 0], "plugins": [{"id": ..., "parameters": [...]}]}

#include <oldfilm/plugin.h>
#include <oldfilm/plugins.hpp>

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace oldfilm::base {

struct Sidecar {
    unsigned abi_major = 0, abi_minor = 0;
    std::vector<PluginInfo> plugins;
};

/// Throws `Error` (unreadable) naming the file and what is wrong in it.
OLDFILM_API Sidecar read_sidecar(const std::string& path);
/// The same of a sidecar's text; `path` is what errors call it.
OLDFILM_API Sidecar parse_sidecar(std::string_view text, const std::string& path);

/// The table of a description, as the host's C++ types.
OLDFILM_API PluginInfo info_of(const oldfilm_plugin_description& description);

/// Whether `id` is the plugin's id, or its short name.
inline bool has_id(const PluginInfo& plugin, const std::string& id) {
    return plugin.id == id || plugin.name == id;
}

/// The sidecar text for these descriptions.
OLDFILM_API std::string
sidecar_json(const std::vector<const oldfilm_plugin_description*>& descriptions);

/// A version of the plugin ABI. Of a plugin: what it needs. Of a host: what it has.
struct AbiVersion {
    unsigned major = 0, minor = 0;
};
/// Why the plugin cannot be used by the host; empty if it can: a host takes any minor up to its
/// own.
OLDFILM_API std::string why_refused(AbiVersion plugin, AbiVersion host);

/// Why a plugin of this ABI and runtime cannot be used here; empty when it can.
OLDFILM_API std::string why_refused(unsigned abi_major, unsigned abi_minor,
                                    const std::string& runtime);

OLDFILM_API nlohmann::json to_json(const PluginInfo& plugin);

} // namespace oldfilm::base
