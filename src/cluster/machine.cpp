#include "cluster/machine.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>
#include <vector>

namespace oldfilm::cluster {
namespace {

namespace fs = std::filesystem;

/// Those that LibTorch, oneDNN and this library have code of their own for.
constexpr std::array relevant{"avx2",        "fma",      "bmi2",        "avx512f",  "avx512bw",
                              "avx512dq",    "avx512vl", "avx512_vnni", "avx_vnni", "avx512_bf16",
                              "avx512_fp16", "amx_tile", "amx_int8",    "amx_bf16", "asimd",
                              "asimddp",     "sve",      "bf16"};

std::string host_name() {
    std::array<char, 256> name{};
    return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::string process_space() {
    std::string start;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> start;
    std::error_code unknown;
    return start + " " + fs::read_symlink("/proc/self/ns/pid", unknown).string();
}

/// The words behind "flags" (x86) or "Features" (ARM) of the first processor.
std::set<std::string> cpu_flags() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with("flags") || line.starts_with("Features")) {
            std::istringstream words(line);
            return {std::istream_iterator<std::string>(words), {}};
        }
    }
    return {};
}

} // namespace

Owner this_process() {
    static const std::string host = host_name();
    static const std::string processes = process_space();
    return {.host = host, .pid = getpid(), .processes = processes};
}

bool has_ended(const Owner& owner) {
    const Owner self = this_process();
    return !owner.processes.empty() && owner.host == self.host &&
           owner.processes == self.processes && kill(static_cast<pid_t>(owner.pid), 0) != 0 &&
           errno == ESRCH;
}

std::string instruction_sets() {
    const char* const torch = std::getenv("ATEN_CPU_CAPABILITY");
    const char* const onednn = std::getenv("ONEDNN_MAX_CPU_ISA");
    if (torch != nullptr && onednn != nullptr) {
        return fmt::format("ATEN_CPU_CAPABILITY={} ONEDNN_MAX_CPU_ISA={}", torch, onednn);
    }
    const std::set<std::string> flags = cpu_flags();
    std::vector<std::string> found;
    std::copy_if(relevant.begin(), relevant.end(), std::back_inserter(found),
                 [&flags](const char* name) { return flags.contains(name); });
    return fmt::format("{}", fmt::join(found, " "));
}

int processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0) {
        return std::max(CPU_COUNT(&set), 1);
    }
    return static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U));
}

} // namespace oldfilm::cluster
