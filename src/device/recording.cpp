#include "device/recording.hpp"

#include "device/cuda_half.hpp"

#include <map>
#include <mutex>
#include <utility>

namespace oldfilm {
namespace {

/// LibTorch's devices are registered once a process, and so is how they record.
struct Recorders {
    std::mutex mutex;
    std::map<c10::DeviceType, Record> of;
};

Recorders& recorders() {
    static Recorders all;
    return all;
}

} // namespace

void set_recorder(c10::DeviceType type, Record record) {
    const std::scoped_lock lock(recorders().mutex);
    recorders().of.insert_or_assign(type, std::move(record));
}

Record recorder_for(c10::DeviceType type, std::string& why) {
    why.clear();
    const std::scoped_lock lock(recorders().mutex);
    const auto known = recorders().of.find(type);
    if (known != recorders().of.end()) {
        return known->second;
    }
    if (type != c10::kCUDA) {
        return {};
    }
    return recorders().of.emplace(type, load_cuda_recorder(cuda_half_path(), why)).first->second;
}

} // namespace oldfilm
