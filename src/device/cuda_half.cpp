#include "device/cuda_half.hpp"

#include "device/recording.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <string_view>

namespace oldfilm {

Record load_cuda_recorder(const std::string& path, std::string& why) {
    why.clear();
    if (!std::filesystem::exists(path)) {
        return {}; // built without CUDA's headers
    }
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const char* error = library == nullptr ? dlerror() : nullptr; // NOLINT: this thread's own
    const auto* half = library == nullptr
                           ? nullptr
                           : static_cast<const CudaHalf*>(dlsym(library, cuda_half_symbol));
    const std::string_view found = half == nullptr ? "another library" : half->build;
    if (found == OLDFILM_BUILD) {
        return half->recorder();
    }
    why =
        error != nullptr
            ? fmt::format("networks run without CUDA graphs, '{}' can't be loaded: {}", path, error)
            : fmt::format("networks run without CUDA graphs: expected oldfilm {} in '{}', found "
                          "{}; install both libraries from one build",
                          OLDFILM_BUILD, path, found);
    return {};
}

} // namespace oldfilm
