#include "engine.hpp"

#include <dlfcn.h>

#include <stdexcept>
#include <string>

namespace vsplugin {
namespace {

/// Found by the plugin's own run path, which is relative to it. It is never closed: LibTorch's
/// threads may outlive a core.
const Engine* load() {
    void* handle = dlopen(OLDFILM_VS_ENGINE, RTLD_NOW | RTLD_LOCAL);
    void* found = handle == nullptr ? nullptr : dlsym(handle, "oldfilm_vs_engine");
    if (found == nullptr) {
        throw std::runtime_error(std::string("a part of the plugin cannot be loaded (") +
                                 dlerror() +
                                 "); install oldfilm again, together with its LibTorch");
    }
    return reinterpret_cast<decltype(&oldfilm_vs_engine)>(found)();
}

} // namespace

const Engine& engine() {
    static const Engine* const table = load();
    return *table;
}

} // namespace vsplugin
