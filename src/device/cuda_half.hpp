#pragma once
/// \file
/// What liboldfilm_cuda.so gives to the library that loads it. Both are of one build: nothing here
/// is an interface for others.

#include <oldfilm/recording.hpp>

namespace oldfilm {

struct CudaHalf {
    const char* build;    ///< OLDFILM_BUILD; compared before anything else is read
    Record (*recorder)(); ///< never null
};

/// The name of the `CudaHalf` among its symbols.
inline constexpr const char* cuda_half_symbol = "oldfilm_cuda_half";

} // namespace oldfilm
