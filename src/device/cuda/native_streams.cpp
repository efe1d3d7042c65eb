// CUDA's streams and events, for plugins that have kernels of their own.
#include "device/cuda/parts.hpp"

#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

namespace oldfilm {
namespace {

void* handle_of(c10::Stream stream) {
    return c10::cuda::CUDAStream(stream).stream();
}

c10::Stream stream_of(void* handle, c10::Device device) {
    return handle == nullptr
               ? c10::cuda::getDefaultCUDAStream(device.index()).unwrap()
               : c10::cuda::getStreamFromExternal(static_cast<cudaStream_t>(handle), device.index())
                     .unwrap();
}

void wait_for(void* event, c10::Stream stream) {
    const c10::cuda::CUDAGuard on(stream.device());
    C10_CUDA_CHECK(cudaStreamWaitEvent(c10::cuda::CUDAStream(stream).stream(),
                                       static_cast<cudaEvent_t>(event), 0));
}

} // namespace

NativeStreams cuda_streams() {
    return {handle_of, stream_of, wait_for};
}

} // namespace oldfilm
