/// oldfilm-describe LIBRARY SIDECAR: writes what a plugin library says of itself as its sidecar
/// JSON. Run by oldfilm_add_stage after each link.

#include "base/sidecar.hpp"

#include <dlfcn.h>

#include <cstdio>
#include <exception>
#include <fstream>

namespace {

int describe(const char* library, const char* sidecar) {
    // Bound at once, so that a missing symbol shows here and not in a user's restoration.
    void* handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        std::fprintf(stderr, "oldfilm-describe: %s\n", dlerror());
        return 1;
    }
    const auto entry = reinterpret_cast<oldfilm_plugin_function>(dlsym(handle, "oldfilm_plugin"));
    if (entry == nullptr) {
        std::fprintf(stderr,
                     "oldfilm-describe: %s does not export oldfilm_plugin; use OLDFILM_PLUGINS, or "
                     "write the "
                     "function\n",
                     library);
        return 1;
    }
    std::vector<const oldfilm_plugin_description*> found;
    for (std::uint32_t i = 0; const oldfilm_plugin_description* one = entry(i); ++i) {
        found.push_back(one);
    }
    std::ofstream file(sidecar);
    file << oldfilm::base::sidecar_json(found);
    file.close();
    if (!file) {
        std::fprintf(stderr, "oldfilm-describe: cannot write %s\n", sidecar);
        return 1;
    }
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: oldfilm-describe LIBRARY SIDECAR\n");
        return 2;
    }
    try {
        return describe(argv[1], argv[2]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "oldfilm-describe: %s\n", error.what());
        return 1;
    }
}
