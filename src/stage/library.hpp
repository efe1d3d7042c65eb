#pragma once
/// \file
/// Loading a plugin library, after its sidecar has been found to fit.

#include <oldfilm/plugin.h>
#include <oldfilm/plugins.hpp>

namespace oldfilm::stage {

/// Loads `plugin.library` and finds `plugin.id` in it. The library stays loaded until the process
/// ends: LibTorch registers things that outlive any handle. Throws `Error` (incompatible) with the
/// linker's or the check's reason.
const oldfilm_plugin_description& load_plugin(const PluginInfo& plugin);

/// What must hold of any description, from a file or from the program itself; throws `Error`
/// (incompatible).
void check_description(const oldfilm_plugin_description& description, const std::string& where);

} // namespace oldfilm::stage
