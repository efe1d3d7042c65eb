#include "device/recording.hpp"

#include <dlfcn.h>

#include <filesystem>
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

/// Beside this library, wherever that lies.
std::string cuda_half_path() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&recorder_for), &info) == 0 ||
        info.dli_fname == nullptr) {
        return {};
    }
    return std::filesystem::path(info.dli_fname).replace_filename("liboldfilm_cuda.so").string();
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
