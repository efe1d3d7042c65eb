#include "model/precision.hpp"

#include <oldfilm/error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace oldfilm {
namespace {

constexpr std::array<std::pair<const char*, Precision>, 4> precision_names{{
    {"auto", Precision::automatic},
    {"float32", Precision::float32},
    {"bfloat16", Precision::bfloat16},
    {"float16", Precision::float16},
}};

bool allows(const Manifest& manifest, Precision precision) {
    const auto& list = manifest.precisions;
    return std::find(list.begin(), list.end(), precision) != list.end();
}

} // namespace

Precision parse_precision(const std::string& name) {
    for (const auto& [known, precision] : precision_names) {
        if (name == known) {
            return precision;
        }
    }
    throw Error(
        Errc::invalid_argument,
        fmt::format("the precision must be auto, float32, bfloat16 or float16, found '{}'", name));
}

const char* to_string(Precision precision) noexcept {
    for (const auto& [name, known] : precision_names) {
        if (precision == known) {
            return name;
        }
    }
    return "unknown";
}

bool cpu_is_fast_at_bfloat16() noexcept {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f") == 0) {
        return false;
    }
    // CPUID leaf 7: AMX-BF16 is EDX bit 22 of subleaf 0, AVX512_BF16 is EAX bit 5 of subleaf 1.
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & (1U << 22U)) != 0) {
        return true;
    }
    // Intel's cores without AMX (a virtual machine may hide it) multiply bfloat16 at half the speed
    // of float32: 88 against 166 GFLOP/s a core, matrices of 1024 on Sapphire Rapids.
    return __builtin_cpu_is("intel") == 0 && __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 &&
           (a & (1U << 5U)) != 0;
#elif defined(__aarch64__) && defined(__linux__)
    constexpr unsigned long hwcap2_bf16 = 1UL << 14U;
    return (getauxval(AT_HWCAP2) & hwcap2_bf16) != 0;
#else
    return false;
#endif
}

Precision choose_precision(Precision asked, const Manifest& manifest, bool on_cpu,
                           std::string& why) {
    why.clear();
    if (asked == Precision::automatic) {
        const Precision half = on_cpu ? Precision::bfloat16 : Precision::float16;
        const bool fast = !on_cpu || cpu_is_fast_at_bfloat16();
        return fast && allows(manifest, half) ? half : Precision::float32;
    }
    if (asked != Precision::float32 && !allows(manifest, asked)) {
        why = fmt::format("the model {} is not made for {}; it runs in float32", manifest.id,
                          to_string(asked));
        return Precision::float32;
    }
    return asked;
}

} // namespace oldfilm
