#pragma once
/// \file
/// The part of the plugin that restores. It stands on LibTorch, which takes a quarter of a second
/// to load, and VapourSynth loads every plugin that is installed when it starts: so it is a library
/// of its own, which is loaded by the first call of a function.

#include "functions.hpp"

#include <VapourSynth4.h>

namespace vsplugin {

struct Engine {
    /// Creates the filter that `function` is called for, with the arguments `in`; its clip, or an
    /// error, is set in `out`. Nothing throws.
    void (*create)(const Function& function, const VSMap* in, VSMap* out, VSCore* core,
                   const VSAPI* api) noexcept;
};

/// Loads the engine, once. Throws `std::runtime_error` with the loader's reason.
const Engine& engine();

} // namespace vsplugin

/// The one symbol of the engine's library.
extern "C" __attribute__((visibility("default"))) const vsplugin::Engine* oldfilm_vs_engine();
