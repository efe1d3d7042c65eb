// A library as one from another build would be.
#include "device/cuda_half.hpp"

extern "C" OLDFILM_API const oldfilm::CudaHalf oldfilm_cuda_half;
const oldfilm::CudaHalf oldfilm_cuda_half{"0.0.9 for LibTorch 1.0", nullptr, {}};
