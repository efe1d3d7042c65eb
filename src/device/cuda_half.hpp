#pragma once
/// \file
/// What liboldfilm_cuda.so gives to the library that loads it. Both are of one build: nothing here
/// is an interface for others.

#include <oldfilm/native_streams.hpp>
#include <oldfilm/recording.hpp>

#include <string>

namespace oldfilm {

struct CudaHalf {
    const char* build;     ///< OLDFILM_BUILD; compared before anything else is read
    Record (*recorder)();  ///< never null
    NativeStreams streams; ///< CUDA's
};

/// The name of the `CudaHalf` among its symbols.
inline constexpr const char* cuda_half_symbol = "oldfilm_cuda_half";

/// Where it is looked for: beside this library, wherever that lies. Empty when that is unknown.
std::string cuda_half_path();

/// From the library at `path`; null where there is no such file, where it can't be loaded, and
/// where it comes from another build than this: `why` says the latter two, and is empty otherwise.
const CudaHalf* load_cuda_half(const std::string& path, std::string& why);

} // namespace oldfilm
