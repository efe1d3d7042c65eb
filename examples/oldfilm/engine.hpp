#pragma once
/// \file
/// The half of the program that restores. It stands on LibTorch, which takes a quarter of a second
/// to load, so it is a library of its own that is loaded when a command needs it; listing plugins
/// and help do not.

#include "arguments.hpp"

#include <string>

namespace cli {

/// Each command returns the exit status and has said what went wrong; nothing throws.
struct Engine {
    int (*restore)(const RestoreArguments&);
    int (*clean)(const CleanArguments&);
    int (*inspect_media)(const InspectArguments&);
    int (*inspect_model)(const InspectArguments&);
    int (*compare)(const CompareArguments&);
    int (*check_plugin)(const CheckPluginArguments&);
    /// Lines with the versions of what the engine stands on.
    std::string (*versions)();
};

/// Loads the engine, once. Throws `std::runtime_error` with the loader's reason.
const Engine& engine();

} // namespace cli

/// The engine library's one symbol.
extern "C" __attribute__((visibility("default"))) const cli::Engine* oldfilm_cli_engine();
