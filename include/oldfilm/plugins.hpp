#pragma once
/// \file
/// Finding stages. Reads the sidecars next to the plugin libraries; loads neither these nor
/// LibTorch. Thread-safe.

#include <oldfilm/export.hpp>
#include <oldfilm/parameter.hpp>

#include <string>
#include <vector>

namespace oldfilm {

/// A plugin as described by the sidecar of its library.
struct PluginInfo {
    std::string id, name, version, summary;
    std::string runtime; ///< "", or the version and C++ ABI of the LibTorch that it was built for
    std::string library; ///< path of the shared library
    std::vector<Parameter> parameters;
    std::string refused; ///< empty if usable; otherwise the reason, and what to do
};

/// The folders to search, in order: `extra`, those in OLDFILM_PLUGIN_PATH (separated by colons),
/// and the folder installed next to this library (or that of the build).
OLDFILM_API std::vector<std::string> plugin_path(const std::vector<std::string>& extra = {});

/// The folders to search for models that do not come with a plugin, in order: those in
/// OLDFILM_MODEL_PATH (separated by colons), then `oldfilm/models` in $XDG_DATA_HOME and in
/// ~/.local/share, if these are absolute.
OLDFILM_API std::vector<std::string> model_path();

/// All plugins in these folders, including refused ones. A usable plugin hides later ones with the
/// same id. A plugin is refused if its ABI version or its `runtime` does not match (an empty
/// `runtime` always does), or if its folder is a relative path or world-writable.
OLDFILM_API std::vector<PluginInfo> list_plugins(const std::vector<std::string>& extra = {});

/// Returns the usable plugin with this id or short name. Throws `Error`: not_found (listing the
/// names that exist), incompatible (with the reason for refusing it).
OLDFILM_API PluginInfo find_plugin(const std::string& id,
                                   const std::vector<std::string>& extra = {});

/// Version and C++ ABI of the LibTorch that this library was built for, such as "2.11+cxx11".
OLDFILM_API const char* runtime_tag() noexcept;
/// Version of this library, such as "0.1.0".
OLDFILM_API const char* version() noexcept;

/// The list as JSON text: an array of objects with id, name, version, summary, runtime, parameters,
/// library and refused.
OLDFILM_API std::string to_json(const std::vector<PluginInfo>& plugins);

} // namespace oldfilm
