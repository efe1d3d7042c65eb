#include "device/device.hpp"

#include "device/pooled_allocator.hpp"

#include <oldfilm/error.hpp>

#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/util/Exception.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace oldfilm {
namespace {

/// The driver is probed by itself: LibTorch decides only once whether CUDA is there, so that asking
/// it before its CUDA half is loaded would spoil the answer for the whole process.
bool driver_has_device() {
    void* driver = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
    if (driver == nullptr) {
        return false;
    }
    using Init = int (*)(unsigned);
    using Count = int (*)(int*);
    const auto init = reinterpret_cast<Init>(dlsym(driver, "cuInit"));
    const auto count = reinterpret_cast<Count>(dlsym(driver, "cuDeviceGetCount"));
    int devices = 0;
    return init != nullptr && count != nullptr && init(0) == 0 && count(&devices) == 0 &&
           devices > 0;
}

/// libtorch_cuda.so lies beside libtorch_cpu.so, or nowhere.
bool load_cuda_half() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&c10::get_backtrace), &info) == 0 ||
        info.dli_fname == nullptr) {
        return false;
    }
    const auto library = std::filesystem::path(info.dli_fname).parent_path() / "libtorch_cuda.so";
    return dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL | RTLD_NODELETE) != nullptr;
}

void require_cuda() {
    if (!driver_has_device()) {
        throw Error(
            Errc::unsupported,
            "CUDA was asked for, and no NVIDIA driver with a device was found; use --device "
            "cpu, or install the driver");
    }
    if (!load_cuda_half()) {
        throw Error(Errc::unsupported,
                    "CUDA was asked for, and LibTorch's CUDA half (libtorch_cuda.so) could not be "
                    "loaded; run ./setup.sh build --cuda");
    }
}

} // namespace

c10::Device resolve_device(const std::string& name) {
    const bool automatic = name == "auto" || name.empty();
    if (automatic ? !driver_has_device() || !load_cuda_half() : name == "cpu") {
        return c10::Device(c10::kCPU);
    }
    const auto refuse = [&name] {
        return Error(Errc::invalid_argument,
                     fmt::format("the device must be auto, cpu, cuda, cuda:N or one that this "
                                 "program has registered with LibTorch, found \"{}\"",
                                 name));
    };
    if (name.find(',') != std::string::npos) {
        throw Error(Errc::invalid_argument,
                    fmt::format("a run has one device, found \"{}\"; name one of them, or restore "
                                "a file, whose shots are distributed over several",
                                name));
    }
    try {
        const c10::Device device(automatic ? "cuda" : name);
        if (device.is_cuda() && !automatic) {
            require_cuda();
        }
        if (!c10::impl::hasDeviceGuardImpl(device.type()) || device.is_cpu() || device.is_meta()) {
            throw refuse();
        }
        const auto index = device.has_index() ? device.index() : c10::DeviceIndex(0);
        const int count = c10::impl::getDeviceGuardImpl(device.type())->deviceCount();
        if (index >= count) {
            throw Error(Errc::unsupported,
                        fmt::format("the device {} was asked for, and there are {} of its kind, "
                                    "numbered from 0; name another",
                                    name, count));
        }
        return {device.type(), index};
    } catch (const c10::Error&) { // no device of LibTorch's
        throw refuse();
    }
}

c10::Device base::resolve_device(const std::string& name) {
    return oldfilm::resolve_device(name);
}

std::int64_t available_memory(const c10::Device& device) {
    if (!device.is_cpu()) {
        return 0;
    }
    std::int64_t available = 0;
    std::ifstream machine("/proc/meminfo");
    for (std::string word; machine >> word;) {
        if (word == "MemAvailable:") {
            machine >> available; // KiB
            available *= 1024;
            break;
        }
    }
    std::int64_t limit = 0; // the file says "max" where there is none, which reads as no number
    std::ifstream("/sys/fs/cgroup/memory.max") >> limit;
    return limit > 0 ? std::min(available, limit) : available;
}

std::int64_t resident_memory() {
    std::int64_t all = 0;
    std::int64_t resident = 0; // pages
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * sysconf(_SC_PAGESIZE);
}

void give_memory_back() {
    trim_kept_blocks();
#if defined(__GLIBC__)
    malloc_trim(0); // also pages between blocks that are in use
#endif
}

} // namespace oldfilm
