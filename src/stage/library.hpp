#pragma once
/// \file
/// Loading a plugin library, after its sidecar has been found to fit.

#include <oldfilm/export.hpp>
#include <oldfilm/plugin.h>
#include <oldfilm/plugins.hpp>

#include <memory>
#include <mutex>
#include <string>

namespace oldfilm::stage {

/// Loads `plugin.library` and finds `plugin.id` in it. The library stays loaded until the process
/// ends: LibTorch registers things that outlive any handle. Throws `Error` (incompatible) with the
/// linker's or the check's reason.
const oldfilm_plugin_description& load_plugin(const PluginInfo& plugin);

/// What must hold of any description, from a file or from the program itself; throws `Error`
/// (incompatible).
void check_description(const oldfilm_plugin_description& description, const std::string& where);

/// An extension of the plugin, such as OLDFILM_EXT_ANALYSIS; null if the plugin does not have it.
/// What `check_description` has accepted is complete.
template <class Extension>
const Extension* extension_of(const oldfilm_plugin_description& plugin, const char* id) {
    return plugin.get_extension == nullptr
               ? nullptr
               : static_cast<const Extension*>(plugin.get_extension(&plugin, id));
}

/// What the extensions that the host uses lack; empty if nothing.
OLDFILM_API std::string why_incomplete(const oldfilm_plugin_description& description);

/// Held around each call of a stage of this plugin, in all runs of the process, where the plugin
/// works on one thread at a time; null where it doesn't ask for that. For any thread.
std::shared_ptr<std::mutex> turn_of(const oldfilm_plugin_description& description);

} // namespace oldfilm::stage
