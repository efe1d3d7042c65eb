#pragma once
/// \file
/// Which stages there are. Reads the sidecars beside plugin libraries; loads neither them nor
/// LibTorch.

#include <oldfilm/export.hpp>
#include <oldfilm/parameter.hpp>

#include <string>
#include <vector>

namespace oldfilm {

/// One plugin as its library's sidecar describes it.
struct PluginInfo {
    std::string id, name, version, summary;
    std::string runtime; ///< "" or LibTorch's version and ABI that it was built for
    std::string library; ///< path of the shared library
    std::vector<Parameter> parameters;
    std::string refused; ///< empty: usable. Else why not, and what to do
};

/// The folders that are searched, in order: `extra`, then OLDFILM_PLUGIN_PATH, then the installed
/// folder beside this library (or the build's own).
OLDFILM_API std::vector<std::string> plugin_path(const std::vector<std::string>& extra = {});

/// Every plugin in those folders, refused ones included. A plugin found earlier hides a later one
/// of the same id. `runtime` is the host's tag, which a plugin's must equal or be empty.
OLDFILM_API std::vector<PluginInfo> list_plugins(const std::vector<std::string>& extra = {});

/// The usable plugin with this id or short name. Throws `Error`: not_found (with the names that
/// there are), incompatible (with the reason for the refusal).
OLDFILM_API PluginInfo find_plugin(const std::string& id,
                                   const std::vector<std::string>& extra = {});

/// The LibTorch that this library was built for, such as "2.11+cxx11".
OLDFILM_API const char* runtime_tag() noexcept;
/// This library's version, such as "0.1.0".
OLDFILM_API const char* version() noexcept;

/// The plugin list as JSON text: an array of objects with id, name, version, parameters, refused.
OLDFILM_API std::string to_json(const std::vector<PluginInfo>& plugins);

} // namespace oldfilm
