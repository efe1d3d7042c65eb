#include "engine.hpp"

#include <dlfcn.h>

#include <stdexcept>

namespace cli {

const Engine& engine() {
    // Found by this program's own run path, which is relative to it, so that the installed tree
    // can be moved.
    static const Engine* const loaded = [] {
        void* library = dlopen(OLDFILM_CLI_ENGINE, RTLD_NOW | RTLD_LOCAL);
        void* symbol = library == nullptr ? nullptr : dlsym(library, "oldfilm_cli_engine");
        if (symbol == nullptr) {
            throw std::runtime_error(
                std::string("the restoring half of this program cannot be loaded (") + dlerror() +
                "); install oldfilm again, together with its LibTorch");
        }
        return reinterpret_cast<const Engine* (*)()>(symbol)();
    }();
    return *loaded;
}

} // namespace cli
