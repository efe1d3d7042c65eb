#include "device/native_streams.hpp"

#include "device/cuda_half.hpp"

#include <map>
#include <mutex>

namespace oldfilm {
namespace {

/// LibTorch's devices are registered once a process, and so is what their streams are.
struct Known {
    std::mutex mutex;
    std::map<c10::DeviceType, std::optional<NativeStreams>> of;
    std::string why_no_cuda;
};

Known& known() {
    static Known all;
    return all;
}

} // namespace

void set_native_streams(c10::DeviceType type, const NativeStreams& streams) {
    const std::scoped_lock lock(known().mutex);
    known().of.insert_or_assign(type,
                                streams.handle == nullptr ? std::nullopt : std::optional(streams));
}

std::optional<NativeStreams> native_streams_of(c10::DeviceType type, std::string& why) {
    Known& all = known();
    const std::scoped_lock lock(all.mutex);
    const auto found = all.of.find(type);
    if (found == all.of.end() && type == c10::kCUDA) {
        const CudaHalf* half = load_cuda_half(cuda_half_path(), all.why_no_cuda);
        all.of[type] = half == nullptr ? std::nullopt : std::optional(half->streams);
    }
    why = type == c10::kCUDA ? all.why_no_cuda : "";
    return all.of[type];
}

} // namespace oldfilm
