#pragma once
/// \file
/// What the library is put together from.

#include <oldfilm/native_streams.hpp>
#include <oldfilm/recording.hpp>

namespace oldfilm {

/// Records CUDA graphs.
Record cuda_recorder();
/// cudaStream_t and cudaEvent_t.
NativeStreams cuda_streams();

} // namespace oldfilm
