#include "device/cuda_half.hpp"

#include "device/recording.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include <filesystem>
#include <string_view>

namespace oldfilm {

std::string cuda_half_path() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&load_cuda_half), &info) == 0 ||
        info.dli_fname == nullptr) {
        return {};
    }
    return std::filesystem::path(info.dli_fname).replace_filename("liboldfilm_cuda.so").string();
}

const CudaHalf* load_cuda_half(const std::string& path, std::string& why) {
    why.clear();
    if (!std::filesystem::exists(path)) {
        return nullptr; // built without CUDA's headers
    }
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    const char* error = library == nullptr ? dlerror() : nullptr; // NOLINT: this thread's own
    const auto* half = library == nullptr
                           ? nullptr
                           : static_cast<const CudaHalf*>(dlsym(library, cuda_half_symbol));
    const std::string_view found = half == nullptr ? "another library" : half->build;
    if (found == OLDFILM_BUILD) {
        return half;
    }
    why = error != nullptr ? fmt::format("'{}' can't be loaded: {}", path, error)
                           : fmt::format("expected oldfilm {} in '{}', found {}; install both "
                                         "libraries from one build",
                                         OLDFILM_BUILD, path, found);
    return nullptr;
}

Record load_cuda_recorder(const std::string& path, std::string& why) {
    const CudaHalf* half = load_cuda_half(path, why);
    if (!why.empty()) {
        why = "networks run without CUDA graphs: " + why;
    }
    return half == nullptr ? Record() : half->recorder();
}

} // namespace oldfilm
