/// \file
/// The module `oldfilm._core`. The package `oldfilm` imports `torch` first, so that the process has
/// one LibTorch: the one that `torch` brings.

#include "bind.hpp"
#include "errors.hpp"

namespace nb = nanobind;
using namespace oldfilm::bindings;

NB_MODULE(_core, module) {
    // What runs and logs hold at exit is not released, on purpose; nanobind would report it.
    nb::set_leak_warnings(false);
    translate_errors();
    bind_frames(module);
    bind_plugins(module);
    bind_media(module);
    bind_analysis(module);
    bind_pipeline(module);
    bind_run(module);
    bind_restore(module);
}
