// The one symbol that oldfilm::core looks up.
#include "device/cuda/parts.hpp"
#include "device/cuda_half.hpp"

extern "C" OLDFILM_API const oldfilm::CudaHalf oldfilm_cuda_half;
const oldfilm::CudaHalf oldfilm_cuda_half{OLDFILM_BUILD, &oldfilm::cuda_recorder,
                                          oldfilm::cuda_streams()};
