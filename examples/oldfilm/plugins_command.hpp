#pragma once
/// \file
/// Commands about plugins; they load neither plugins nor LibTorch.

#include "arguments.hpp"

#include <string>

namespace cli {

/// Lists the plugins, refused ones with the reason, or describes one. Throws `oldfilm::Error`.
int list_plugins(const PluginsArguments& arguments);
/// Describes the plugin in a library file. Throws `oldfilm::Error`.
int inspect_plugin(const InspectArguments& arguments);
/// Whether the file is a shared library.
bool is_library(const std::string& path);

} // namespace cli
