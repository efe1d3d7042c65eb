// CUDA graphs for oldfilm::core. Needs LibTorch's c10_cuda and CUDA's runtime, no more: random
// numbers, which would need LibTorch's generators to be told, are refused by these, and networks
// that draw some are never recorded.
#include "device/cuda/parts.hpp"

#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace oldfilm {
namespace {

namespace memory = c10::cuda::CUDACachingAllocator;

struct Destroy {
    void operator()(cudaGraph_t graph) const { static_cast<void>(cudaGraphDestroy(graph)); }
    /// One that still runs is freed by CUDA when it is done.
    void operator()(cudaGraphExec_t graph) const { static_cast<void>(cudaGraphExecDestroy(graph)); }
};
using Graph = std::unique_ptr<CUgraph_st, Destroy>;
using Executable = std::unique_ptr<CUgraphExec_st, Destroy>;

/// Memory of LibTorch's allocator that one recording alone is given.
class Pool {
  public:
    explicit Pool(c10::cuda::CUDAStream stream) : stream_(stream), id_(next_id()) {
        memory::beginAllocateToPool(
            stream.device_index(), id_,
            [own = stream.stream()](cudaStream_t other) { return other == own; });
    }
    ~Pool() {
        close();
        memory::releasePool(stream_.device_index(), id_);
    }
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    /// What is made from now on comes from elsewhere.
    void close() {
        if (std::exchange(open_, false)) {
            memory::endAllocateToPool(stream_.device_index(), id_);
        }
    }

  private:
    /// LibTorch counts its own pools from 1; these never meet them.
    static c10::MempoolId_t next_id() {
        static std::atomic<std::uint64_t> count{std::uint64_t{1} << 63U};
        return {++count, 0};
    }

    c10::cuda::CUDAStream stream_;
    c10::MempoolId_t id_;
    bool open_ = true;
};

/// What `work` queues. The stream is left as it was, also where something fails.
Graph capture(c10::cuda::CUDAStream stream, const std::function<void()>& work) {
    const c10::cuda::CUDAStreamGuard on(stream);
    // Other threads go on allocating, copying and waiting meanwhile.
    C10_CUDA_CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal));
    std::exception_ptr failure;
    try {
        work();
    } catch (...) {
        failure = std::current_exception();
    }
    cudaGraph_t captured = nullptr;
    const cudaError_t ended = cudaStreamEndCapture(stream, &captured);
    Graph graph(captured);
    if (failure) {
        static_cast<void>(cudaGetLastError()); // or the next to ask would be told of it
        std::rethrow_exception(failure);
    }
    C10_CUDA_CHECK(ended);
    return graph;
}

class CudaRecording final : public Recording {
  public:
    CudaRecording(c10::cuda::CUDAStream stream, const std::function<void()>& work)
        : device_(stream.device()), pool_(stream) {
        const Graph graph = capture(stream, work);
        pool_.close();
        cudaGraphExec_t made = nullptr;
        C10_CUDA_CHECK(cudaGraphInstantiateWithFlags(&made, graph.get(),
                                                     cudaGraphInstantiateFlagAutoFreeOnLaunch));
        executable_.reset(made);
    }

    void replay() override {
        const c10::cuda::CUDAGuard on(device_);
        C10_CUDA_CHECK(
            cudaGraphLaunch(executable_.get(), c10::cuda::getCurrentCUDAStream(device_.index())));
    }

  private:
    c10::Device device_;
    Pool pool_;
    Executable executable_;
};

/// One stream a device, known to nobody else: what another thread queued on a stream that is
/// recorded would be recorded too. They stay, as LibTorch's own do: its allocator remembers them.
class Streams {
  public:
    std::unique_ptr<Recording> record(const c10::Device& device,
                                      const std::function<void()>& work) {
        const std::scoped_lock one_at_a_time(mutex_);
        const c10::cuda::CUDAGuard on(device);
        auto stream = of_.find(device.index());
        if (stream == of_.end()) {
            cudaStream_t made = nullptr;
            C10_CUDA_CHECK(cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking));
            stream =
                of_.emplace(device.index(), c10::cuda::getStreamFromExternal(made, device.index()))
                    .first;
        }
        return std::make_unique<CudaRecording>(stream->second, work);
    }

  private:
    std::mutex mutex_;
    std::map<c10::DeviceIndex, c10::cuda::CUDAStream> of_;
};

} // namespace

Record cuda_recorder() {
    return [streams = std::make_shared<Streams>()](const c10::Device& device,
                                                   const std::function<void()>& work) {
        return streams->record(device, work);
    };
}

} // namespace oldfilm
